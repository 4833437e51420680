package store

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

func TestQuarantinePages(t *testing.T) {
	s, _ := migrated(t)
	b := emptyBatch(0)
	b.Shipper = "edge-1"
	for i := range 5 {
		b.Reject(event.Position{Offset: int64(i * 10), Line: int64(i + 1)}, 10, "no request", []byte("gar\x00bage"))
	}
	b.Reject(event.Position{Offset: 50, Line: 6}, 10, "no status", []byte("x"))
	stored(t, s, b)
	var got []wire.Quarantined
	q := wire.QuarantineQuery{Slice: wire.Slice{Limit: 2}, Source: "nginx", Reason: "no request"}
	for {
		page, err := s.Quarantine(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, page.Items...)
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	want := wire.Quarantined{
		ID: "0000000000000001-40", Received: today, Agent: "edge-1", Source: "nginx", Gateway: "gw0", Format: "combined",
		FilePath: "/var/log/nginx/access.log", Line: 5, Offset: 40, Length: 10, Reason: "no request", Excerpt: `gar\x00bage`,
	}
	if len(got) != 5 || got[0] != want {
		t.Errorf("%d records, first %+v\nwant 5, first %+v", len(got), got[0], want)
	}
}

// laneBatch is what a host publishes about records that it has read again.
func laneBatch(attempt int64, after time.Duration) *event.Batch {
	b := emptyBatch(0)
	b.Shipper, b.Lane, b.Start, b.End = "edge-1", "00000000000000ff", attempt-1, attempt
	b.Received = today.Add(after).UnixNano()
	return b
}

// TestOutcomesOfRetries: a record that was read again leaves the quarantine
// once there is an event of it, or nothing to make one of; one that fails for
// another reason stays, with that.
func TestOutcomesOfRetries(t *testing.T) {
	s, _ := migrated(t)
	b := emptyBatch(0)
	b.Shipper = "edge-1"
	for i := range 5 {
		b.Reject(event.Position{Offset: int64(i * 10), Line: int64(i + 1)}, 10, "no request", []byte("garbage"))
	}
	elsewhere := emptyBatch(0) // the same file id, on another host
	elsewhere.Reject(event.Position{Offset: 10, Line: 2}, 10, "no request", []byte("garbage"))
	first := laneBatch(1, time.Hour)
	first.SetNumber(event.Offset, 10)
	first.SetNumber(event.Line, 2)
	first.SetNumber(event.Length, 10)
	first.SetString(event.Path, "/mended")
	first.EndRow()
	first.Reject(event.Position{Offset: 20, Line: 3}, 10, "", nil)
	first.Reject(event.Position{Offset: 30, Line: 4}, 10, "no status", []byte("garbage"))
	first.Reject(event.Position{Offset: 40, Line: 5}, 10, "no status", []byte("garbage"))
	second := laneBatch(2, 2*time.Hour)
	second.Reject(event.Position{Offset: 40, Line: 5}, 10, "no time", []byte("garbage"))
	stored(t, s, b, elsewhere, first, second)

	f := func(q wire.QuarantineQuery, want ...string) {
		t.Helper()
		var got []string
		q.Limit = 1
		for {
			page, err := s.Quarantine(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.Items {
				got = append(got, r.Agent+" "+r.ID[len(r.ID)-2:]+" "+r.Reason)
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v: %q, want %q", q, got, want)
		}
	}
	f(wire.QuarantineQuery{Host: "edge-1"}, "edge-1 40 no time", "edge-1 30 no status", "edge-1 -0 no request")
	f(wire.QuarantineQuery{Host: block.ServiceHost}, " 10 no request")
	f(wire.QuarantineQuery{Host: "edge-2"})
	f(wire.QuarantineQuery{Reason: "no status"}, "edge-1 30 no status")
	f(wire.QuarantineQuery{Period: wire.Period{Since: today.Add(90 * time.Minute)}}, "edge-1 40 no time")
	if n, err := s.QuarantineSize(t.Context()); err != nil || n != 4 {
		t.Errorf("%d records, %v", n, err)
	}
	if c, err := s.Counts(t.Context(), wire.Period{}); err != nil || c.Quarantined != 4 {
		t.Errorf("counts %+v, %v", c, err)
	}
	checkSingle(t, s)
}

func checkSingle(t *testing.T, s *Store) {
	t.Helper()
	const file = "0000000000000001"
	if r, err := s.Quarantined(t.Context(), file+"-40"); err != nil || r.Reason != "no time" || r.Offset != 40 || r.Line != 5 {
		t.Errorf("%+v, %v", r, err)
	}
	for _, id := range []string{file + "-20", file + "-999", "nonsense"} {
		if _, err := s.Quarantined(t.Context(), id); !errors.Is(err, respond.ErrNotFound) {
			t.Errorf("%s: %v", id, err)
		}
	}
	e, err := s.Event(t.Context(), file+"-10")
	if err != nil || e.Path != "/mended" || e.Line != 2 {
		t.Errorf("%+v, %v", e, err)
	}
}
