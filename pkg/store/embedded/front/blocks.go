package front

import (
	"errors"
	"io"

	"github.com/ClickHouse/ch-go/compress"
)

// blockReader undoes ClickHouse's framing. It ends cleanly only between two
// blocks: a body that is cut off inside one is an error, not an end, or half
// an insert would be acknowledged.
type blockReader struct {
	raw    *countingReader
	blocks *compress.Reader
}

func newBlockReader(r io.Reader) *blockReader {
	raw := &countingReader{Reader: r}
	return &blockReader{raw: raw, blocks: compress.NewReader(raw)}
}

func (r *blockReader) Read(p []byte) (int, error) {
	before := r.raw.n
	n, err := r.blocks.Read(p)
	switch {
	case err == nil:
		return n, nil
	case errors.Is(err, io.EOF) && r.raw.n == before:
		return n, io.EOF
	}
	return n, refuse(codeCannotDecompress, "CANNOT_DECOMPRESS", "The body is not made of ClickHouse's compressed blocks: %v", err)
}

// countingReader knows how much was read from it.
type countingReader struct {
	io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}
