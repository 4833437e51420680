package ingest

import (
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/event"
)

// TestRawBytesAreTakenWhenTheyAreParsed: whatever becomes of the file before
// the batch leaves, its rejected records can be kept, and the file's beginning.
func TestRawBytesAreTakenWhenTheyAreParsed(t *testing.T) {
	lines, err := accesslog.NewReader(accesslog.Options{Format: "combined"})
	if err != nil {
		t.Fatal(err)
	}
	const good = `192.0.2.1 - - [12/Dec/2019:16:53:29 +0000] "GET / HTTP/1.1" 200 0 "-" "a"` + "\n"
	text := good + "bad one\n" + good + "bad two"
	var raw rawRecords
	var b event.Batch
	c := &cutter{file: &window{r: strings.NewReader(text)}, lines: lines, at: event.Position{Line: 1}, raw: &raw}
	chunk := make([]byte, 1<<10)
	known, starved, err := c.step(chunk, &b)
	if err != nil || !starved {
		t.Fatal(starved, err)
	}
	if err := c.last(chunk, known, &b); err != nil {
		t.Fatal(err)
	}
	clear(chunk) // as the next file would
	f := func(offset int64, n int, want string) {
		t.Helper()
		p := make([]byte, n)
		if got, err := raw.ReadAt(p, offset); err != nil || string(p[:got]) != want {
			t.Errorf("at %d: %q, %v; want %q", offset, p[:got], err, want)
		}
	}
	if len(b.Rejected) != 2 {
		t.Fatalf("rejected %+v", b.Rejected)
	}
	f(b.Rejected[0].Offset, 100, "bad one\n")
	f(b.Rejected[1].Offset, 100, "bad two")
	f(b.Rejected[1].Offset+4, 100, "two")
	f(0, 9, "192.0.2.1")
	f(int64(len(text)), 9, "")
	if raw.reset(); len(raw.places)+len(raw.data) > 0 {
		t.Error("a reset leaves something")
	}
}
