package front

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

func TestBlocksThereAndBack(t *testing.T) {
	want := strings.Repeat("some text ", blockSize/4)
	for _, method := range []string{"", "LZ4", "ZSTD"} {
		got, err := io.ReadAll(newBlockReader(bytes.NewReader(framed(t, method, want))))
		if err != nil || string(got) != want {
			t.Errorf("%s: %d bytes, %v", method, len(got), err)
		}
	}
}

// TestCutBlocks cuts a framed body at every byte of its last block: nowhere
// but at its borders is that an end.
func TestCutBlocks(t *testing.T) {
	one := framed(t, "LZ4", "first")
	two := append(bytes.Clone(one), framed(t, "LZ4", "second")...)
	for cut := len(one) + 1; cut < len(two); cut++ {
		if got, err := io.ReadAll(newBlockReader(bytes.NewReader(two[:cut]))); err == nil {
			t.Fatalf("cut at %d of %d: %q without an error", cut, len(two), got)
		}
	}
	if got, err := io.ReadAll(newBlockReader(bytes.NewReader(one))); err != nil || string(got) != "first" {
		t.Errorf("cut between blocks: %q, %v", got, err)
	}
	two[len(two)-1] ^= 1
	if _, err := io.ReadAll(newBlockReader(bytes.NewReader(two))); err == nil {
		t.Error("a flipped bit went unnoticed")
	}
}

func framed(t *testing.T, method, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := io.WriteString(newBlockWriter(&b, method), text); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
