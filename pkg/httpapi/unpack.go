package httpapi

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// maxWindow bounds the memory that a zstd frame may ask for, in bytes; it is
// what RFC 8878 asks of everybody.
const maxWindow = 8 << 20

// unpacked is the body of a request without its Content-Encoding. Its errors
// are problems: 413 after limit bytes, 400 when it is broken.
func unpacked(r *http.Request, limit int64) (io.ReadCloser, error) {
	encoding := strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding")))
	in, closeIn, err := decoder(encoding, r.Body)
	if err != nil {
		return nil, brokenBody(encoding, err)
	}
	return &content{in: in, close: closeIn, encoding: encoding, left: limit}, nil
}

func decoder(encoding string, body io.Reader) (in io.Reader, done func() error, err error) {
	switch encoding {
	case "", "identity":
		return body, func() error { return nil }, nil
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(body)
		if err != nil {
			return nil, nil, err
		}
		return z, z.Close, nil
	case "deflate":
		z, err := zlib.NewReader(body)
		if err != nil {
			return nil, nil, err
		}
		return z, z.Close, nil
	case "zstd":
		z, err := zstd.NewReader(body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, nil, err
		}
		return z, func() error { z.Close(); return nil }, nil
	}
	return nil, nil, badMedia.hinted(fmt.Sprintf("Content-Encoding is %q", encoding), "Send gzip, zstd or deflate, or the text as it is.")
}

// content reads a body up to a limit.
type content struct {
	in       io.Reader
	close    func() error
	encoding string
	left     int64
}

// Read implements io.Reader.
func (c *content) Read(p []byte) (int, error) {
	n, err := c.in.Read(p[:min(int64(len(p)), c.left+1)])
	if c.left -= int64(n); c.left < 0 {
		return 0, tooLarge.hinted(fmt.Sprintf("it is more than %d MiB when it is unpacked", maxContent>>20), "Send less at once.")
	}
	if err != nil && err != io.EOF {
		return n, brokenBody(c.encoding, err)
	}
	return n, err
}

// Close implements io.Closer.
func (c *content) Close() error { return c.close() }

// brokenBody is the problem of a body that cannot be read.
func brokenBody(encoding string, err error) error {
	var p *wire.Problem
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &p), errors.As(err, &large):
		return err
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return tooLarge.hinted("unpacking it takes too much memory", "Pack with a window of 8 MiB or less.")
	case encoding == "":
		return &failure{badRequest.with("the body ended early"), err}
	}
	return &failure{badRequest.with("the body is not whole or not " + encoding), err}
}
