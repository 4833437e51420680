package detect

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
)

// Whatever fails, each part hears once that it is written, or is not to be:
// one that waits for it keeps two of what changes meanwhile.
func TestPartsThatAreNotWrittenAreGivenUp(t *testing.T) {
	broken := errors.New("broken")
	var heard []int
	parts := [sections]func(io.Writer) error{}
	for i := range parts {
		if i == watchSection {
			continue // there is none
		}
		parts[i] = func(w io.Writer) error {
			heard = append(heard, i)
			if i == countsSection {
				return broken
			}
			_, err := w.Write([]byte{byte(i)})
			return err
		}
	}
	f := func(w io.Writer, want error) {
		t.Helper()
		heard = nil
		if err := writeState(w, []byte("{}\n"), parts); !errors.Is(err, want) {
			t.Errorf("written with %v, want %v", err, want)
		}
		if all := []int{windowsSection, countsSection, behaviourSection}; !slices.Equal(heard, all) {
			t.Errorf("the parts %v heard of it, want %v", heard, all)
		}
	}
	var out bytes.Buffer
	f(&out, broken)
	if want := []byte{'{', '}', '\n', windowsSection}; !bytes.Equal(out.Bytes(), want) {
		t.Errorf("%v was written, want %v", out.Bytes(), want)
	}
	f(nowhere{}, errGivenUp)
}
