package tailer

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"
)

// windowBytes bounds the memory that a compressed file may ask for.
const windowBytes = 128 << 20

// OpenFinished opens a log that nobody writes to any more, to be read once
// from its beginning: plain, or compressed with gzip or Zstandard, which its
// first bytes tell. The caller closes it.
func OpenFinished(path string) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	r, err := unpack(f)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open log %s: %w", path, err), f.Close())
	}
	return r, nil
}

func unpack(f *os.File) (io.ReadCloser, error) {
	r := bufio.NewReaderSize(f, 256<<10)
	magic, err := r.Peek(4)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, err
		}
		return &finished{z, func() error { return errors.Join(z.Close(), f.Close()) }}, nil
	case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(r, zstd.WithDecoderMaxWindow(windowBytes), zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		return &finished{z, func() error { z.Close(); return f.Close() }}, nil
	}
	return &finished{r, f.Close}, nil
}

// finished is a reader with what has to be closed behind it.
type finished struct {
	io.Reader
	close func() error
}

// Close implements io.Closer.
func (f *finished) Close() error { return f.close() }
