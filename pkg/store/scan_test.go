package store

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// scanned is what a scan gave, a line a row, by part.
func scanned(t *testing.T, s *Store, q ScanQuery, parts int, line func(b *event.Batch, row int) string) [][]string {
	t.Helper()
	got := make([][]string, parts)
	err := s.Scan(t.Context(), q, parts, func(portions []Portion) error {
		for part, runs := range portions {
			for _, r := range runs {
				for row := r.From; row < r.To; row++ {
					got[part] = append(got[part], line(r.Batch, row))
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// rowText is everything that a batch says of a row.
func rowText(b *event.Batch, row int) string { return fmt.Sprint(describe(b, row)) }

func describe(b *event.Batch, row int) []any {
	h := b.Header
	all := []any{h.Shipper, h.Source, h.Gateway, h.Kind, h.Direction, h.Format, h.FormatVersion, h.File, h.Path}
	for _, f := range event.TextFields() {
		all = append(all, string(b.Text(f, row)))
	}
	for _, f := range event.NumberFields() {
		all = append(all, b.Number(f, row))
	}
	for _, f := range event.AddrFields() {
		all = append(all, b.Addr(f, row))
	}
	return all
}

func TestScanGivesBackWhatWasStored(t *testing.T) {
	s, _ := migrated(t)
	full := emptyBatch(0)
	full.Shipper, full.Kind, full.Direction = "edge-1", event.Decoy, event.Egress
	fullRow(full, 4096)
	sparse := emptyBatch(1)
	sparse.SetNumber(event.Time, today.Add(time.Second).UnixNano())
	sparse.SetNumber(event.Offset, 0)
	sparse.SetNumber(event.Line, 1)
	sparse.SetNumber(event.Length, 0)
	sparse.SetNumber(event.Status, 0)
	sparse.SetString(event.Path, "/a\x00\xff\n")
	sparse.EndRow()
	stored(t, s, full, sparse)
	got := scanned(t, s, ScanQuery{}, 1, rowText)
	want := [][]string{{rowText(full, 0), rowText(sparse, 0)}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestEventBatch(t *testing.T) {
	s, _ := migrated(t)
	full := emptyBatch(0)
	fullRow(full, 4096)
	stored(t, s, full, makeBatch(1, 0, 100))
	got, err := s.EventBatch(t.Context(), full.RecordID(0))
	if err != nil {
		t.Fatal(err)
	}
	if got.Rows() != 1 || rowText(got, 0) != rowText(full, 0) {
		t.Errorf("got %s, want %s", rowText(got, 0), rowText(full, 0))
	}
	for _, id := range []string{"0000000000000009-1", "nothing"} {
		if _, err := s.EventBatch(t.Context(), id); !errors.Is(err, respond.ErrNotFound) {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// clients gives the rows of a batch to a hundred clients.
func clients(b *event.Batch) *event.Batch {
	b.MapAddr(event.ClientAddress, func(a event.Addr) event.Addr {
		a[14], a[15] = 0, a[15]%100
		return a
	})
	return b
}

func TestScanIsInOrderOfTime(t *testing.T) {
	s, _ := migrated(t)
	// Three gateways whose lines come later than they were written, the newest first.
	stored(t, s, clients(makeBatch(2, 20_000, 9000)), clients(makeBatch(1, 5000, 20_000)), clients(makeBatch(0, 0, 10_000)))
	for _, parts := range []int{1, 3} {
		rows, parted := 0, map[string]int{}
		last := make([]int64, parts)
		err := s.Scan(t.Context(), ScanQuery{}, parts, func(portions []Portion) error {
			for part, runs := range portions {
				for _, r := range runs {
					for row := r.From; row < r.To; row++ {
						at, client := r.Batch.Number(event.Time, row), r.Batch.Addr(event.ClientAddress, row).String()
						if at < last[part] {
							t.Fatalf("part %d goes back from %d to %d", part, last[part], at)
						}
						if p, ok := parted[client]; ok && p != part {
							t.Fatalf("%s is in parts %d and %d", client, p, part)
						}
						last[part], parted[client] = at, part
						rows++
					}
				}
			}
			return nil
		})
		if err != nil || rows != 39_000 {
			t.Errorf("%d parts: %d rows, error %v", parts, rows, err)
		}
	}
}

func TestScanPeriodAndSources(t *testing.T) {
	s, _ := migrated(t)
	other := makeBatch(1, 0, 50)
	other.Source = "haproxy"
	stored(t, s, makeBatch(0, 0, 100), other)
	f := func(want int, q ScanQuery) {
		t.Helper()
		var told, total int64
		q.Progress = func(rows, of int64) { told, total = rows, of }
		got := scanned(t, s, q, 1, func(*event.Batch, int) string { return "" })
		if len(got[0]) != want || told != int64(want) || total != int64(want) {
			t.Errorf("%+v: %d rows, told %d of %d, want %d", q, len(got[0]), told, total, want)
		}
	}
	at := func(i int) time.Time { return today.Add(time.Duration(i) * time.Millisecond) }
	f(150, ScanQuery{})
	f(50, ScanQuery{Sources: []string{"haproxy"}})
	f(100, ScanQuery{Sources: []string{"nginx", "other"}})
	f(0, ScanQuery{Sources: []string{"other"}})
	f(40, ScanQuery{Since: at(10), Until: at(30)})
	f(10, ScanQuery{Since: at(90)})
	f(0, ScanQuery{Since: at(100)})
}

func TestScanEnds(t *testing.T) {
	s, _ := migrated(t)
	stored(t, s, makeBatch(0, 0, 30_000))
	broken := errors.New("enough")
	calls := 0
	err := s.Scan(t.Context(), ScanQuery{}, 1, func([]Portion) error { calls++; return broken })
	if !errors.Is(err, broken) || calls != 1 {
		t.Errorf("%d calls, error %v", calls, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	calls = 0
	err = s.Scan(ctx, ScanQuery{}, 1, func([]Portion) error { calls++; cancel(); return nil })
	if !errors.Is(err, context.Canceled) || calls != 1 {
		t.Errorf("%d calls, error %v", calls, err)
	}
	if err := s.Scan(t.Context(), ScanQuery{}, 0, nil); err == nil {
		t.Error("a scan of no parts")
	}
}

func TestScanNeedsTheStore(t *testing.T) {
	s, h := migrated(t)
	h.Stop()
	if err := s.Scan(t.Context(), ScanQuery{}, 1, func([]Portion) error { return nil }); err == nil {
		t.Error("scanned a store that is away")
	}
}

func TestActorsAreInOnePart(t *testing.T) {
	split := newSplitter(7)
	parts := map[finding.Actor]int{}
	for i := range 2000 {
		raw := netip.MustParseAddr("2001:db8::1").As16()
		raw[7], raw[15], raw[12] = byte(i%50), byte(i), byte(i>>4)
		for _, a := range []netip.Addr{netip.AddrFrom16(raw), netip.AddrFrom4([4]byte{192, 0, 2, byte(i)})} {
			part, actor := split.part(event.AddrFrom(a)), finding.ActorOf(a)
			if p, ok := parts[actor]; ok && p != part {
				t.Fatalf("%s is in parts %d and %d", actor, p, part)
			}
			parts[actor] = part
		}
	}
	seen := map[int]bool{}
	for _, p := range parts {
		seen[p] = true
	}
	if len(seen) != 7 {
		t.Errorf("%d parts of 7 are used", len(seen))
	}
	if split.part(event.Addr{}) != 0 {
		t.Error("rows without a client are not in the first part")
	}
}

func TestSlices(t *testing.T) {
	m := func(n int64) int64 { return n * int64(time.Minute) }
	f := func(minutes []minute, since, until int64, want ...int64) {
		t.Helper()
		var cuts []int64
		last := since
		for i, s := range slicesOf(minutes, since, until, 100) {
			if s.since != last || s.since >= s.until {
				t.Errorf("slice %d is %v after %d", i, s, last)
			}
			if last = s.until; last != until {
				cuts = append(cuts, last)
			}
		}
		if last != until || !reflect.DeepEqual(cuts, want) {
			t.Errorf("%v: cut at %v, want %v", minutes, cuts, want)
		}
	}
	f(nil, 0, m(100))
	f([]minute{{m(1), 40}, {m(2), 60}, {m(3), 1}}, 0, m(100), m(3))
	f([]minute{{m(1), 99}, {m(9), 99}}, m(1), m(10), m(9))
	f([]minute{{m(1), 250}, {m(2), 10}}, 0, m(100), m(1)+m(1)/3, m(1)+2*m(1)/3)
	// A minute that began before the period is cut inside the period only.
	f([]minute{{m(1), 300}}, m(1)+m(3)/4, m(100))
}

// BenchmarkScan reads history back from the real engine.
func BenchmarkScan(b *testing.B) {
	s, _ := migrated(b)
	var batches []*event.Batch
	const rows = 500_000
	for first := 0; first < rows; first += 4000 {
		batches = append(batches, makeBatch(first/4000%3, first, 4000))
	}
	stored(b, s, batches...)
	for _, parts := range []int{1, 2} {
		b.Run(fmt.Sprintf("parts=%d", parts), func(b *testing.B) {
			for b.Loop() {
				n := 0
				err := s.Scan(b.Context(), ScanQuery{}, parts, func(p []Portion) error {
					for _, runs := range p {
						for _, r := range runs {
							n += r.To - r.From
						}
					}
					return nil
				})
				if err != nil || n != rows {
					b.Fatal(n, err)
				}
			}
			b.ReportMetric(float64(b.N*rows)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
