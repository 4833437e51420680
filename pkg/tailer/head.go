package tailer

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
)

// What of the beginning of a stream is remembered, and how many bytes before
// a place in it tell that it is the same place.
const (
	headBytes  = 1024
	headLines  = 8
	firstBytes = 256
	wordBytes  = 256
)

// beginning is how a stream begins.
type beginning struct {
	first []byte // the first line, or what fits of it
	head  head
}

// head holds a digest of the first line of a stream, one of its first two
// lines, and so on: of as many as are there, within bounds. Streams can be
// told apart as soon as a line differs.
type head []string

// like tells that two streams begin with the same lines, as far as both are
// known.
func (h head) like(o head) bool {
	n := min(len(h), len(o))
	return n > 0 && h[n-1] == o[n-1]
}

// readBeginning reads how a stream begins. One without a first line is too
// young to be known: its head is empty.
func readBeginning(r io.ReaderAt) (beginning, error) {
	buf := make([]byte, headBytes)
	n, err := r.ReadAt(buf, 0)
	if err != nil && err != io.EOF {
		return beginning{}, err
	}
	return beginningOf(buf[:n]), nil
}

func beginningOf(data []byte) beginning {
	first, ok := firstLine(data)
	if !ok {
		return beginning{}
	}
	b := beginning{first: first, head: head{digest(first)}}
	for at := len(first); len(b.head) < headLines; {
		i := bytes.IndexByte(data[at:], '\n')
		if i < 0 {
			break
		}
		at += i + 1
		b.head = append(b.head, digest(data[:at]))
	}
	return b
}

// firstLine gives the first line, or as many bytes as do for one.
func firstLine(data []byte) (first []byte, ok bool) {
	data = data[:min(len(data), firstBytes)]
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return data[:i+1], true
	}
	return data, len(data) == firstBytes
}

// wordsBefore gives the bytes before an offset.
func wordsBefore(r io.ReaderAt, offset int64) ([]byte, bool) {
	buf := make([]byte, min(offset, wordBytes))
	n, _ := r.ReadAt(buf, offset-int64(len(buf)))
	return buf, n == len(buf)
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}
