package block

import (
	"encoding/binary"
	"errors"
	"math"
)

// Binary form of terms; nothing for defaults:
//
//	status(varint) burst(varint) rate(8, little-endian) each(1)
//	length(varint) and bytes of body, header and value

var errTerms = errors.New("terms of a block: cut, or not in their one form")

func (t *Terms) appendBinary(dst []byte) []byte {
	if t == nil || *t == (Terms{}) {
		return dst
	}
	dst = binary.AppendUvarint(dst, uint64(t.Status))
	dst = binary.AppendUvarint(dst, uint64(t.Burst))
	dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(t.Rate))
	each := byte(0)
	if t.Each {
		each = 1
	}
	dst = append(dst, each)
	for _, s := range []string{t.Body, t.Header, t.Value} {
		dst = append(binary.AppendUvarint(dst, uint64(len(s))), s...)
	}
	return dst
}

// readTerms is the inverse of appendBinary.
func readTerms(data []byte) (*Terms, error) {
	r := reader{rest: data}
	t := &Terms{Status: int(r.uvarint()), Burst: int(r.uvarint()), Rate: math.Float64frombits(r.uint64())}
	t.Each = r.byte() == 1
	t.Body, t.Header, t.Value = string(r.sized()), string(r.sized()), string(r.sized())
	if r.failed || string(t.appendBinary(nil)) != string(data) {
		return nil, errTerms
	}
	return t, nil
}
