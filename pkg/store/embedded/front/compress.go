package front

import (
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"strings"

	"github.com/ClickHouse/ch-go/compress"
	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// encodeBody puts the compression that the client asked for on an answer:
// ClickHouse's block framing with compress=1, else an HTTP content encoding,
// whose name it returns.
func encodeBody(w io.Writer, r *http.Request, opts options) (io.WriteCloser, string, error) {
	if opts.compress {
		return newBlockWriter(w, opts.compressMethod), "", nil
	}
	if opts.noHTTPCompression {
		return plain{w}, "", nil
	}
	encoding := acceptedEncoding(r.Header.Get("Accept-Encoding"))
	enc, err := contentEncoder(encoding, w)
	return enc, encoding, err
}

// acceptedEncoding is the best encoding that the client takes, or none.
func acceptedEncoding(accept string) string {
	offered := map[string]bool{}
	for part := range strings.SplitSeq(accept, ",") {
		name, quality, _ := strings.Cut(strings.TrimSpace(part), ";")
		offered[name] = strings.ReplaceAll(quality, " ", "") != "q=0"
	}
	for _, name := range []string{"zstd", "br", "lz4", "gzip", "deflate"} {
		if offered[name] {
			return name
		}
	}
	return ""
}

func contentEncoder(encoding string, w io.Writer) (io.WriteCloser, error) {
	switch encoding {
	case "gzip":
		return gzip.NewWriterLevel(w, gzip.BestSpeed)
	case "deflate":
		return zlib.NewWriterLevel(w, zlib.BestSpeed)
	case "br":
		return brotli.NewWriterLevel(w, brotli.BestSpeed), nil
	case "lz4":
		return lz4.NewWriter(w), nil
	case "zstd":
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	}
	return plain{w}, nil
}

// plain writes as is.
type plain struct{ io.Writer }

func (plain) Close() error { return nil }

// blockSize is how much goes into one compressed block, as in the server.
const blockSize = 1 << 20

// blockWriter writes ClickHouse's own framing: checksum, method, sizes, data.
type blockWriter struct {
	w   io.Writer
	enc *compress.Writer
}

func newBlockWriter(w io.Writer, method string) *blockWriter {
	m := compress.LZ4
	if method == "ZSTD" {
		m = compress.ZSTD
	}
	return &blockWriter{w: w, enc: compress.NewWriter(0, m)}
}

// Write frames p, cut into blocks.
func (b *blockWriter) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 {
		n := min(len(p), blockSize)
		if err := b.enc.Compress(p[:n]); err != nil {
			return written, err
		}
		if _, err := b.w.Write(b.enc.Data); err != nil {
			return written, err
		}
		written += n
		p = p[n:]
	}
	return written, nil
}

// Close has nothing left to write.
func (b *blockWriter) Close() error { return nil }
