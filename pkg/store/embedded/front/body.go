package front

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// body is a request's body, decompressed.
type body struct {
	io.Reader
	close func()
}

// newBody undoes the HTTP content encoding and, with decompress=1, ClickHouse's
// own block framing (LZ4 and ZSTD, with checksums).
func newBody(r *http.Request, opts options) (*body, error) {
	b := &body{Reader: r.Body, close: func() {}}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		return nil, refuse(codeNotImplemented, "NOT_IMPLEMENTED",
			"External tables (a multipart body) are not supported by the embedded engine; use a temporary table in a session, or an array parameter")
	}
	if err := b.decode(r.Header.Get("Content-Encoding")); err != nil {
		return nil, err
	}
	if opts.decompress {
		b.Reader = newBlockReader(b.Reader)
	}
	return b, nil
}

func (b *body) decode(encoding string) error {
	var err error
	switch encoding {
	case "", "identity":
	case "gzip", "x-gzip":
		b.Reader, err = gzip.NewReader(b.Reader)
	case "deflate":
		b.Reader, err = zlib.NewReader(b.Reader)
	case "br":
		b.Reader = brotli.NewReader(b.Reader)
	case "lz4":
		b.Reader = lz4.NewReader(b.Reader)
	case "zstd":
		var dec *zstd.Decoder
		if dec, err = zstd.NewReader(b.Reader, zstd.WithDecoderConcurrency(1)); err == nil {
			b.Reader, b.close = dec, dec.Close
		}
	default:
		return refuse(codeNotImplemented, "NOT_IMPLEMENTED", "Content-Encoding %q is not supported; use gzip, deflate, br, lz4 or zstd", encoding)
	}
	if err != nil {
		return refuse(codeCannotParseHeader, "CANNOT_PARSE_INPUT_ASSERTION_FAILED", "The body is not %s: %v", encoding, err)
	}
	return nil
}

// Close frees the decoders.
func (b *body) Close() { b.close() }

// expectEnd refuses data behind a statement that takes none.
func (b *body) expectEnd() error {
	var one [1]byte
	if n, _ := io.ReadFull(b, one[:]); n > 0 {
		return refuse(codeSyntaxError, "SYNTAX_ERROR", "The statement takes no data, but the request has a body behind it")
	}
	return nil
}

// statementPrefix is how much of a body is searched for an INSERT whose data
// follows; a statement of another kind may be as long as the front allows.
const statementPrefix = 1 << 20

// statementText takes the statement from the URL, and if there is none or the
// method carries the rest of it, from the body. Of an INSERT in the body only
// the beginning is read: the rest stays in the body as its data.
func (f *Front) statementText(opts options, b *body) (string, error) {
	text := opts.query
	if text != "" && parseStatement(text).insert {
		return text, nil
	}
	head, err := readUpTo(b, statementPrefix)
	if err != nil {
		return "", err
	}
	if text != "" && len(head) > 0 {
		text += "\n"
	}
	text += string(head)
	if len(head) < statementPrefix || parseStatement(text).insert {
		return text, nil
	}
	rest, err := readUpTo(b, int(f.cfg.MaxBody))
	if err != nil {
		return "", err
	}
	if len(rest) == int(f.cfg.MaxBody) {
		return "", refuse(codeQueryTooLarge, "QUERY_IS_TOO_LARGE", "The statement is longer than %d bytes", f.cfg.MaxBody)
	}
	return text + string(rest), nil
}

func readUpTo(r io.Reader, n int) ([]byte, error) {
	var buf bytes.Buffer
	if _, err := buf.ReadFrom(io.LimitReader(r, int64(n))); err != nil {
		return nil, fmt.Errorf("read body: %w", err)
	}
	return buf.Bytes(), nil
}
