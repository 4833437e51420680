package backtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/app/replay"
	"github.com/honeymoat/honeymoat/pkg/detect"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/ingest"
	"github.com/honeymoat/honeymoat/pkg/sigma"
	"github.com/honeymoat/honeymoat/pkg/store"
	"github.com/honeymoat/honeymoat/pkg/store/embedded/enginetest"
)

// trafficLog writes a day of traffic: customers, probers, bursts, and two who
// do both.
func trafficLog(t testing.TB, lines int) string {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	var log strings.Builder
	at := noon
	for i := range lines {
		at = at.Add(time.Duration(r.IntN(4)) * time.Second)
		client, path, status := fmt.Sprintf("198.51.100.%d", r.IntN(200)), fmt.Sprintf("/products/%d", r.IntN(50)), 200
		switch n := r.IntN(100); {
		case n < 3:
			client, path, status = fmt.Sprintf("203.0.113.%d", r.IntN(8)), fmt.Sprintf("/probe/%d", i), 404
		case n < 5:
			client = fmt.Sprintf("203.0.113.%d", r.IntN(8))
		case n < 12:
			client, path = fmt.Sprintf("2001:db8:0:%d::%x", r.IntN(3), r.IntN(100)), "/x"
		}
		fmt.Fprintf(&log, "%s - - [%s] \"GET %s HTTP/1.1\" %d 512 \"-\" \"curl/8\"\n", client, at.Format("02/Jan/2006:15:04:05 -0700"), path, status)
	}
	name := filepath.Join(t.TempDir(), "access.log")
	if err := os.WriteFile(name, []byte(log.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// filled is a store on an engine of its own that holds a log, read by two
// gateways in turn.
func filled(t testing.TB, log string) *store.Store {
	t.Helper()
	h := enginetest.Start(t)
	s, err := store.Open(store.Options{Addresses: []string{h.Addr}, User: h.User, Password: h.Password})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if log != "" {
		write(t, s, read(t, log))
	}
	return s
}

func read(t testing.TB, name string) []*event.Batch {
	t.Helper()
	in, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	var batches []*event.Batch
	head := event.Header{Source: "web", Gateway: "edge", File: event.FileID("test", 0, 0, 0, nil), Path: name}
	err = ingest.ReadAll(in, head, accesslog.Options{Format: "combined"}, func(b *event.Batch) error {
		taken := &event.Batch{}
		*taken, *b = *b, event.Batch{}
		taken.Received = noon.Add(48 * time.Hour).UnixNano()
		batches = append(batches, taken)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return batches
}

// write stores batches by the store's own writer.
func write(t testing.TB, s *store.Store, batches []*event.Batch) {
	t.Helper()
	bury := func(_ context.Context, seq uint64, reason string) error {
		t.Errorf("message %d is refused: %s", seq, reason)
		return nil
	}
	w, err := s.NewWriter(store.WriterOptions{
		Lines: stream[*event.Batch](batches), Records: stream[store.Record](nil), Checkpoints: forgetful{}, DeadLines: bury, DeadRecords: bury,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = w.Run(ctx)
	}()
	defer func() { cancel(); <-done }()
	for end := time.Now().Add(3 * time.Minute); w.LinesDone() < uint64(len(batches)); {
		if time.Now().After(end) {
			t.Fatal("the lines are not stored")
		}
		select {
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// stream is messages of the sequences from 1 on.
type stream[M any] []M

func (s stream[M]) Consume(ctx context.Context, after uint64, fn func(uint64, M) error) error {
	for i := after; i < uint64(len(s)); i++ {
		if err := fn(i+1, s[i]); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return context.Cause(ctx)
}

// forgetful keeps no checkpoints.
type forgetful struct{}

func (forgetful) Save(context.Context, string, []byte) error         { return nil }
func (forgetful) Load(context.Context, string) ([]byte, bool, error) { return nil, false, nil }

// replayed is what replay finds by the same rules, in force.
func replayed(t testing.TB, log, rules string) replay.Summary {
	t.Helper()
	c, mistakes := sigma.Parse(sigma.Options{}, sigma.Source{Name: "rule.yml", Data: []byte(rules)})
	if len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	sum, err := replay.Run(t.Context(), replay.Options{
		Files: []string{log}, Log: accesslog.Options{Format: "combined"}, Rulebook: detect.NewRulebook(c, detect.RulebookOptions{}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func TestBacktestFindsWhatReplayFinds(t *testing.T) {
	log := trafficLog(t, 20_000)
	s := filled(t, log)
	enforced := strings.Replace(probing, "{ttl: 1h}", "{ttl: 1h, mode: enforce}", 1)
	for name, rules := range map[string]string{
		"a rule": enforced, "a correlation by client": strings.Replace(bursts, "GROUP", "client_address", 1),
		"a correlation by something else": strings.Replace(bursts, "GROUP", "path", 1),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Run(t.Context(), options(s), request(parse(t, rules)))
			if err != nil {
				t.Fatal(err)
			}
			want := replayed(t, log, rules)
			if want.Findings == 0 || len(want.WouldBlock) == 0 {
				t.Fatal("replay finds nothing")
			}
			if got.Rows != 20_000 || got.Matches != want.Findings || got.Block.Blocks != int64(len(want.WouldBlock)) {
				t.Errorf("%d rows, %d matches, %d blocks; replay has %d and %d", got.Rows, got.Matches, got.Block.Blocks, want.Findings, len(want.WouldBlock))
			}
			if g, w := blockedHere(got.Block.Blocked), blockedThere(want.WouldBlock); !slices.Equal(g, w) {
				t.Errorf("blocked\n%s\nreplay\n%s", strings.Join(g, "\n"), strings.Join(w, "\n"))
			}
		})
	}
}

// blockedHere has a line for each actor: who, for how long in all, and on which
// line the first block stands.
func blockedHere(hits []wire.BacktestedHit) []string {
	var list []string
	for _, h := range hits {
		list = append(list, fmt.Sprintf("%s for %d s, %d blocks, line %d", h.Actor, h.Seconds, h.Blocks, h.Line))
	}
	slices.Sort(list)
	return list
}

func blockedThere(all []replay.Blocked) []string {
	hits := map[finding.Actor]wire.BacktestedHit{}
	for _, b := range all {
		h := hits[b.Actor]
		h.Actor, h.Line = b.Actor, cmp.Or(h.Line, b.Line)
		h.Blocks++
		h.Seconds += b.Seconds
		hits[b.Actor] = h
	}
	return blockedHere(slices.Collect(maps.Values(hits)))
}

func TestStoreThatIsEmptyOrAway(t *testing.T) {
	s := filled(t, "")
	got, err := Run(t.Context(), options(s), request(parse(t, probing)))
	if err != nil || got.Rows != 0 || len(got.Warnings) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	_ = s.Close()
	if _, err := Run(t.Context(), options(s), request(parse(t, probing))); err == nil {
		t.Error("a store that is closed was read")
	}
}

func TestCancelledMidway(t *testing.T) {
	s := filled(t, trafficLog(t, 20_000))
	ctx, cancel := context.WithCancel(t.Context())
	r, told := request(parse(t, probing)), int64(0)
	r.Progress = func(rows, total int64) {
		if told = rows; total != 20_000 {
			t.Errorf("%d of %d", rows, total)
		}
		cancel()
	}
	if _, err := Run(ctx, options(s), r); !errors.Is(err, context.Canceled) || told == 0 || told == 20_000 {
		t.Errorf("after %d rows: %v", told, err)
	}
}

// BenchmarkBacktest holds a rule against history in the real engine.
func BenchmarkBacktest(b *testing.B) {
	const rows = 200_000
	s := filled(b, trafficLog(b, rows))
	for b.Loop() {
		if got, err := Run(b.Context(), options(s), Request{Chosen: parse(b, probing), Since: noon, Until: noon.AddDate(0, 1, 0)}); err != nil || got.Rows != rows {
			b.Fatal(got.Rows, err)
		}
	}
	b.ReportMetric(float64(b.N*rows)/b.Elapsed().Seconds(), "rows/s")
}
