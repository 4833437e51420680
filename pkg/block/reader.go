package block

import "encoding/binary"

// reader takes what was written from the front of bytes. Once something is
// not there it has failed, and gives zeros.
type reader struct {
	rest   []byte
	failed bool
}

func (r *reader) take(n int) []byte {
	if r.failed || n < 0 || n > len(r.rest) {
		r.failed = true
		return nil
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) uint64() uint64 {
	if b := r.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 || n > 1 && r.rest[n-1] == 0 { // as it is written, there is no shorter form
		r.failed = true
		return 0
	}
	r.take(n)
	return v
}

// sized takes bytes that have their length before them.
func (r *reader) sized() []byte {
	n := r.uvarint()
	if n > uint64(len(r.rest)) {
		r.failed = true
		return nil
	}
	return r.take(int(n))
}

// count takes a number of things, each of which takes at least so many bytes.
func (r *reader) count(each int) int {
	n := r.uvarint()
	if n > uint64(len(r.rest)/each) {
		r.failed = true
		return 0
	}
	return int(n)
}
