package store

import (
	"io"
	"net"
	"slices"
)

// body is the data of an insert as a list of pieces: what is large stays where
// it is, what is small is gathered. A piece is valid for as long as what was
// added is.
type body struct {
	pieces [][]byte
	small  []byte // gathered since the last piece
}

// apart is from how many bytes on a piece is worth a write of its own.
const apart = 16 << 10

// bodyOf is a body of one piece.
func bodyOf(data []byte) *body { return &body{pieces: [][]byte{data}} }

// add appends data.
func (b *body) add(data []byte) {
	if len(data) < apart {
		b.small = append(b.small, data...)
		return
	}
	b.settle()
	b.pieces = append(b.pieces, data)
}

// settle makes a piece of what was gathered.
func (b *body) settle() {
	if len(b.small) > 0 {
		b.pieces = append(b.pieces, b.small)
		b.small = nil
	}
}

// size is the number of bytes.
func (b *body) size() int {
	n := len(b.small)
	for _, p := range b.pieces {
		n += len(p)
	}
	return n
}

// reader reads the data from the beginning, as often as it is asked for.
func (b *body) reader() io.Reader {
	b.settle()
	pieces := net.Buffers(slices.Clone(b.pieces))
	return &pieces
}
