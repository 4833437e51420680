package bus

import (
	"net/netip"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/erase"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

func TestEraseRemovesMessagesAndKeepsTheFilesPlace(t *testing.T) {
	everywhere(t, func(t *testing.T, at where) {
		w := start(t, at)
		p := w.Publisher(Local)
		by := func(start int64, client string) *event.Batch {
			b := batch(start, start+1)
			b.SetAddr(event.ClientAddress, netip.MustParseAddr(client))
			b.EndRow()
			return b
		}
		first, err := p.Publish(t.Context(), by(0, "192.0.2.1"), 0)
		if err != nil {
			t.Fatal(err)
		}
		second, err := p.Publish(t.Context(), by(1, "198.51.100.7"), first)
		if err != nil {
			t.Fatal(err)
		}
		last, err := p.Publish(t.Context(), by(2, "192.0.2.1"), second)
		if err != nil {
			t.Fatal(err)
		}
		for _, actor := range []string{"192.0.2.1", "192.0.2.11"} {
			if err := w.Record(t.Context(), respond.Actors, actor, map[string]string{"actor": actor}); err != nil {
				t.Fatal(err)
			}
		}
		ends, err := w.Ends(t.Context())
		if err != nil || ends.Lines != last || ends.Records != 2 {
			t.Fatalf("ends %+v: %v", ends, err)
		}
		subject := erase.Subject{Address: netip.MustParseAddr("192.0.2.1")}
		outcomes, err := w.Erase(t.Context(), subject, ends, []string{"all.address.c0000201"})
		if err != nil {
			t.Fatal(err)
		}
		want := []erase.Outcome{
			{Place: "bus: lines", Found: 2}, {Place: "bus: rows for the store", Found: 1},
			{Place: "bus: dead letters"}, {Place: "bus: blocks"},
		}
		for i := range want {
			if outcomes[i] != want[i] {
				t.Errorf("got %+v, want %+v", outcomes[i], want[i])
			}
		}
		b := batch(2, 3)
		mark, err := p.Last(t.Context(), b.Source, b.File)
		if err != nil || mark.End.Offset != b.End || mark.Sequence != last+1 {
			t.Errorf("the file's place is %+v, %v; want the end %d", mark, err, b.End)
		}
		if again, err := w.Erase(t.Context(), subject, ends, nil); err != nil || again[0].Found != 0 {
			t.Errorf("a second time: %+v, %v", again, err)
		}
	})
}
