package store

import (
	"encoding/binary"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
)

func TestNumbersInTheirSizes(t *testing.T) {
	f := func(typ numberType, read func([]byte) uint64) {
		t.Helper()
		c := newIntColumn("n", typ)
		c.nullable, c.blank = true, 7
		c.add(1, []int64{1, event.Unknown, 3})
		c.repeat(4, 500, 2)
		c.fill(7)
		values := []uint64{7, 1, 7, 3, 500, 500, 7}
		if len(c.data) != len(values)*typ.size {
			t.Fatalf("%s: %d bytes", typ.name, len(c.data))
		}
		for i, want := range values {
			if got := read(c.data[i*typ.size:]); got != want {
				t.Errorf("%s: row %d is %d, want %d", typ.name, i, got, want)
			}
		}
		if got, want := string(c.nulls), "\x01\x00\x01\x00\x00\x00\x01"; got != want {
			t.Errorf("%s: nulls %q, want %q", typ.name, got, want)
		}
	}
	f(uint16Type, func(b []byte) uint64 { return uint64(binary.LittleEndian.Uint16(b)) })
	f(int32Type, func(b []byte) uint64 { return uint64(binary.LittleEndian.Uint32(b)) })
	f(int64Type, binary.LittleEndian.Uint64)
}
