package tailer

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// windowBytes bounds the memory that a compressed file may ask for.
const windowBytes = 128 << 20

// OpenFinished opens a log that nobody writes to any more, to be read once
// from its beginning: plain, or compressed with gzip or Zstandard, which its
// first bytes tell. progress, unless it is nil, is called with the number of
// bytes each time that some were read, compressed ones as they lie. The caller
// closes it.
func OpenFinished(path string, progress func(bytes int)) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	r, err := readable(metered(f, progress), f.Close)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open log %s: %w", path, err), f.Close())
	}
	return r, nil
}

// Finished is OpenFinished for a log that somebody else has opened.
func Finished(in io.Reader, progress func(bytes int)) (io.ReadCloser, error) {
	r, err := readable(metered(in, progress), func() error { return nil })
	if err != nil {
		return nil, fmt.Errorf("read log: %w", err)
	}
	return r, nil
}

// readable reads what in holds, unpacked if it is compressed; closing the
// result calls done.
func readable(in io.Reader, done func() error) (io.ReadCloser, error) {
	r := bufio.NewReaderSize(in, 256<<10)
	z, err := unpack(r)
	if errors.Is(err, errNotPacked) {
		return &finished{r, done}, nil
	}
	if err != nil {
		return nil, err
	}
	return &finished{z, func() error { return errors.Join(z.Close(), done()) }}, nil
}

// errNotPacked: the first bytes are of no compressed file that can be read.
var errNotPacked = errors.New("not compressed with gzip or Zstandard")

// unpack reads what in holds in compressed form, in bounded memory.
func unpack(in io.Reader) (io.ReadCloser, error) {
	r, ok := in.(*bufio.Reader)
	if !ok {
		r = bufio.NewReaderSize(in, 64<<10)
	}
	magic, err := r.Peek(4)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		return gzip.NewReader(r)
	case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(r, zstd.WithDecoderMaxWindow(windowBytes), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, err
		}
		return z.IOReadCloser(), nil
	}
	return nil, errNotPacked
}

func metered(in io.Reader, progress func(int)) io.Reader {
	if progress == nil {
		return in
	}
	return &meter{in, progress}
}

// meter tells how much was read through it.
type meter struct {
	in       io.Reader
	progress func(int)
}

// Read implements io.Reader.
func (m *meter) Read(p []byte) (int, error) {
	n, err := m.in.Read(p)
	m.progress(n)
	return n, err
}

// finished is a reader with what has to be closed behind it.
type finished struct {
	io.Reader
	close func() error
}

// Close implements io.Closer.
func (f *finished) Close() error { return f.close() }
