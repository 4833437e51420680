package front

import (
	"io"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/store/embedded/libchdb"
)

// insertChunk is how much of a body is handed to the engine at a time.
const insertChunk = 256 << 10

// insert streams the inline data and the body into an INSERT. The answer is
// written only once the engine has stored all of it.
func insert(conn *libchdb.Conn, st statement, opts options, body *body, out *output) error {
	ins, err := conn.Insert(st.text, st.format, opts.params...)
	if err != nil {
		return err
	}
	defer ins.Close()
	data := io.MultiReader(strings.NewReader(st.data), body)
	if _, err := io.CopyBuffer(onlyWriter{ins}, onlyReader{data}, make([]byte, insertChunk)); err != nil {
		return err
	}
	stats, err := ins.Done()
	if err != nil {
		return err
	}
	out.count(stats)
	return nil
}

// onlyWriter and onlyReader hide shortcuts that would bypass the chunk size.
type (
	onlyWriter struct{ io.Writer }
	onlyReader struct{ io.Reader }
)
