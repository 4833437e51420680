package front

import (
	"context"

	"github.com/honeymoat/honeymoat/pkg/store/embedded/libchdb"
)

// query runs a statement and writes its result. What can be streamed is held
// one piece at a time.
func query(ctx context.Context, conn *libchdb.Conn, st statement, opts options, out *output) error {
	format := first(st.format, opts.format)
	out.begin(format)
	enc := newEncoder(format, opts.revision, out)
	if !st.stream || !streams(format) {
		r, err := conn.Query(st.text, opts.format, opts.params...)
		if err != nil {
			return err
		}
		defer r.Free()
		out.count(r.Stats())
		return enc.write(r.Bytes())
	}
	return stream(ctx, conn, st, opts, out, enc)
}

func stream(ctx context.Context, conn *libchdb.Conn, st statement, opts options, out *output, enc encoder) error {
	s, err := conn.Stream(st.text, opts.format, opts.params...)
	if err != nil {
		return err
	}
	defer s.Close()
	for ctx.Err() == nil {
		piece, err := s.Next()
		if err != nil || piece == nil {
			return err
		}
		out.count(piece.Stats())
		err = enc.write(piece.Bytes())
		piece.Free()
		if err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

// streams tells the formats whose output the engine hands over block by block.
// The others (columnar files with a footer) come as a whole.
func streams(format string) bool {
	switch format {
	case "Parquet", "ORC", "Arrow", "Avro", "Npy", "SQLInsert", "PrettySpace", "Template", "MySQLWire", "PostgreSQLWire":
		return false
	}
	return true
}
