package accesslog

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// received is when the tests' batches are read: late enough for every line.
var received = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()

// trust believes the proxies of the tests: 10.0.0.0/8.
func trust(a netip.Addr) bool { return a.Is4() && a.As4()[0] == 10 }

// parse gives what a reader makes of a whole text.
func parse(t testing.TB, o Options, text string) *event.Batch {
	t.Helper()
	r, err := NewReader(o)
	if err != nil {
		t.Fatal(err)
	}
	b := &event.Batch{Header: event.Header{Received: received}}
	r.ReadChunk([]byte(text), event.Position{Line: 1}, b)
	return b
}

// render writes every known field of a row as name=value, in the order of the
// schema; its place in the file is left out.
func render(b *event.Batch, row int) string {
	var s []string
	add := func(name fmt.Stringer, v any) { s = append(s, fmt.Sprintf("%s=%v", name, v)) }
	for _, f := range event.TextFields() {
		if v := b.Text(f, row); len(v) > 0 {
			add(f, string(v))
		}
	}
	for _, f := range event.NumberFields() {
		switch v := b.Number(f, row); {
		case v == event.Unknown || f == event.Offset || f == event.Line || f == event.Length:
		case f == event.Time:
			add(f, time.Unix(0, v).UTC().Format(time.RFC3339Nano))
		case f == event.Quality:
			add(f, b.Flags(row).Names())
		default:
			add(f, v)
		}
	}
	for _, f := range event.AddrFields() {
		if a := b.Addr(f, row); a.IsValid() {
			add(f, a)
		}
	}
	return strings.Join(s, " ")
}

// one gives the rendered row of a line, or "rejected: " and the reason.
func one(t testing.TB, o Options, line string) string {
	t.Helper()
	b := parse(t, o, line+"\n")
	switch {
	case b.Rows() == 1 && len(b.Rejected) == 0:
		return render(b, 0)
	case b.Rows() == 0 && len(b.Rejected) == 1:
		return "rejected: " + b.Rejected[0].Reason
	}
	return fmt.Sprintf("%d rows and %d rejected", b.Rows(), len(b.Rejected))
}
