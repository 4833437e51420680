package front

import (
	"context"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/store/embedded/libchdb"
)

// query runs a statement and writes its result. What can be streamed is held
// one piece at a time.
func query(ctx context.Context, conn *libchdb.Conn, st statement, opts options, out *output) error {
	format := first(st.format, opts.format)
	out.begin(format)
	enc := newEncoder(format, opts.revision, out)
	if !st.stream || !slices.Contains(streamed, format) {
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

// streamed are the formats in which every row stands for itself, so that the
// engine can hand over one block at a time. In the others each piece would be a
// document of its own (JSON), begin with a header (CSVWithNames), or count rows
// anew (Pretty); those are made as a whole.
var streamed = []string{
	"Native", "Null", "TSKV", "MsgPack", "LineAsString", "CSV", "RowBinary",
	"TabSeparated", "TabSeparatedRaw", "TSV", "TSVRaw",
	"JSONEachRow", "JSONLines", "NDJSON", "JSONStringsEachRow", "JSONCompactEachRow",
}
