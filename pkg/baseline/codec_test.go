package baseline

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// TestAppendIsBinary checks that what is written field by field is what
// encoding/binary reads.
func TestAppendIsBinary(t *testing.T) {
	s := follow(Options{Kind: Share}, 1500, rough, nil).snapshot()
	want, err := binary.Append(nil, binary.LittleEndian, &s)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.append(nil); !bytes.Equal(got, want) {
		t.Errorf("%d bytes are others than the %d of encoding/binary", len(got), len(want))
	}
}
