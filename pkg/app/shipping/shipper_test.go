package shipping

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/ingest/ingesttest"
)

// desk hands out one order and remembers what became of it.
type desk struct {
	mu    sync.Mutex
	order block.RetryOrder
	done  *block.RetryResult
}

func (d *desk) Orders(_ context.Context, after uint64) ([]block.RetryOrder, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.order.Number <= after {
		return nil, nil
	}
	return []block.RetryOrder{d.order}, nil
}

func (d *desk) Retried(_ context.Context, r block.RetryResult) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if r.Done {
		d.done = &r
	}
	return nil
}

func (d *desk) ask(number uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.order.Number = number
}

func (d *desk) result() *block.RetryResult {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.done
}

// background runs until the test ends.
func background(t *testing.T, run func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("run: %v", err)
		}
	})
}

// TestOtherSourcesWhileItRuns: lines that come are read by the new parsers from
// the reload on; those before are read again when that is asked for.
func TestOtherSourcesWhileItRuns(t *testing.T) {
	dir, bus, d := t.TempDir(), &ingesttest.Bus{}, &desk{}
	log := write(t, filepath.Join(dir, "app.log"), ingesttest.Line("/before")+"\n")
	source := config.Source{Name: "app", Gateway: "app", Kind: "access", Format: "json", From: "beginning", Paths: []string{log}}
	registry := prometheus.NewPedanticRegistry()
	q, err := OpenQuarantine(QuarantineOptions{
		Dir: filepath.Join(dir, "quarantine"), MaxBytes: 1 << 20, Sources: []config.Source{source}, Trusted: nobody,
		To: bus, Desk: d, Log: slog.New(slog.DiscardHandler), Metrics: registry,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := q.Close(); err != nil {
			t.Error(err)
		}
	})
	s, err := NewShipper(Options{
		Sources: []config.Source{source}, Trusted: nobody, Positions: filepath.Join(dir, "positions.json"),
		To: bus, Keeper: q, Log: slog.New(slog.DiscardHandler), Metrics: registry,
	})
	if err != nil {
		t.Fatal(err)
	}
	background(t, s.Run)
	background(t, q.Run)
	eventually(t, "the line to be quarantined", func() bool { return bus.Len() == 1 })

	source.Format = "elvish"
	if err := s.Use(Options{Sources: []config.Source{source}, Trusted: nobody}); err == nil || !strings.Contains(err.Error(), "elvish") {
		t.Errorf("a mistake: %v", err)
	}
	source.Format = "combined"
	mended := Options{Sources: []config.Source{source}, Trusted: nobody}
	if err := errors.Join(s.Use(mended), q.Use(mended), s.Use(mended)); err != nil {
		t.Fatal(err)
	}
	write(t, log, ingesttest.Line("/after")+"\n")
	eventually(t, "the new line", func() bool { return bus.Paths()["/after"] == 1 })
	d.ask(1)
	q.Heard(1)
	eventually(t, "the retry", func() bool { return d.result() != nil })
	if r := d.result(); r.Parsed != 1 || bus.Paths()["/before"] != 1 || bus.Len() != 3 {
		t.Errorf("%+v; on the bus: %v", r, bus.Paths())
	}
	checkSpoolMetrics(t, registry)
}

func checkSpoolMetrics(t *testing.T, registry *prometheus.Registry) {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		if name, ours := strings.CutPrefix(f.GetName(), "honeymoat_quarantine_"); ours {
			got[name] = f.GetMetric()[0].GetCounter().GetValue() + f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	for name, want := range map[string]float64{"kept_total": 1, "records": 0, "retried_parsed_total": 1, "retried_failed_total": 0, "dropped_total": 0, "lost_total": 0} {
		if v, ok := got[name]; !ok || v != want {
			t.Errorf("%s is %v, want %v", name, v, want)
		}
	}
}

func TestDamagedQuarantineIsSetAside(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "quarantine")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "retries.json"), "{")
	q, err := OpenQuarantine(QuarantineOptions{
		Dir: dir, MaxBytes: 1 << 20, Trusted: nobody, To: &ingesttest.Bus{}, Desk: &desk{},
		Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Close(); err != nil {
		t.Error(err)
	}
	if aside, err := filepath.Glob(dir + ".damaged-*"); err != nil || len(aside) != 1 {
		t.Errorf("set aside: %v, %v", aside, err)
	}
}
