package intel

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// readAll reads up to limit bytes, of what gzip or zstd packed too. The error
// tells when there is more.
func readAll(in io.Reader, limit int64) ([]byte, error) {
	data, err := readUpTo(in, limit)
	if err != nil {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(data, []byte{0x1f, 0x8b}):
		packed, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, fmt.Errorf("unpack gzip: %w", err)
		}
		return readUpTo(packed, limit)
	case bytes.HasPrefix(data, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		packed, err := zstd.NewReader(bytes.NewReader(data), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(uint64(limit)))
		if err != nil {
			return nil, fmt.Errorf("unpack zstd: %w", err)
		}
		defer packed.Close()
		return readUpTo(packed, limit)
	}
	return data, nil
}

func readUpTo(in io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("it has more than %d bytes: raise the feed's max_bytes if that is right", limit)
	}
	return data, nil
}

// ReadFile reads a file of up to limit bytes, unpacked if gzip or zstd packed
// it.
func ReadFile(path string, limit int64) ([]byte, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open feed: %w", err)
	}
	defer func() { _ = in.Close() }() // read only
	data, err := readAll(in, limit)
	if err != nil {
		return nil, fmt.Errorf("feed %s: %w", path, err)
	}
	return data, nil
}
