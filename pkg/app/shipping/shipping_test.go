package shipping

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/ingest/ingesttest"
)

func nobody(netip.Addr) bool { return false }

// write appends to a file and gives its name.
func write(t *testing.T, path, text string) string {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteString(text)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited a minute for %s", what)
		}
	}
}

// run ships until the test, or stop, ends it.
func run(t *testing.T, run func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// gather gives the pipeline's metrics by name and source, summed over reasons.
func gather(t *testing.T, from prometheus.Gatherer) map[string]float64 {
	t.Helper()
	families, err := from.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, family := range families {
		name, ours := strings.CutPrefix(family.GetName(), "honeymoat_ingest_")
		if !ours {
			continue
		}
		for _, m := range family.GetMetric() {
			key := name
			for _, label := range m.GetLabel() {
				if label.GetName() == "source" {
					key += " source=" + label.GetValue()
				}
			}
			values[key] += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return values
}

func TestLogsReachThePublisherAndAreCounted(t *testing.T) {
	dir, bus := t.TempDir(), &ingesttest.Bus{}
	access := write(t, filepath.Join(dir, "access.log"), ingesttest.Line("/a")+"\n"+ingesttest.Line("/b")+"\nno log line\n")
	mapped := write(t, filepath.Join(dir, "mapped.log"), `{"who":"192.0.2.7","when":"2026-08-01T12:00:00Z","what":"/c","how":"GET","code":200}`+"\n")
	options := func() Options {
		return Options{
			Sources: []config.Source{
				{Name: "edge", Gateway: "shop", Kind: "access", Format: "combined", From: "beginning", Paths: []string{access}},
				{Name: "app", Gateway: "app", Kind: "decoy", Format: "json", From: "beginning", Paths: []string{mapped}, Fields: map[string]config.Field{
					"client_address": {Pointer: "/who"}, "time": {Pointer: "/when", Unit: "rfc3339"}, "path": {Pointer: "/what"},
					"method": {Pointer: "/how"}, "status": {Pointer: "/code"},
				}},
			},
			Trusted: nobody, Positions: filepath.Join(dir, "positions.json"), To: bus,
			Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewPedanticRegistry(),
		}
	}
	o := options()
	p, err := newPipeline(o)
	if err != nil {
		t.Fatal(err)
	}
	stop := run(t, p.Run)
	eventually(t, "three rows and what is quarantined", func() bool { return bus.Len() == 4 })
	for _, path := range []string{"/a", "/b", "/c"} {
		if bus.Paths()[path] != 1 {
			t.Errorf("the bus has %v", bus.Paths())
		}
	}
	quarantined := func() (n uint64) {
		for _, count := range p.Stats().Sources["edge"].Rejected {
			n += count
		}
		return n
	}
	eventually(t, "the quarantined line", func() bool { return quarantined() == 1 })
	got := gather(t, o.Metrics.(prometheus.Gatherer))
	for name, want := range map[string]float64{
		"lines_total source=app": 1, "lines_total source=edge": 2, "bus_full_total": 0, "retries_total": 0, "fenced_total": 0,
		"files source=edge": 1, "lag_bytes source=edge": 0, "quarantined_total source=edge": 1, "split_total": 0,
	} {
		if value, ok := got[name]; !ok || value != want {
			t.Errorf("%s is %v, want %v", name, value, want)
		}
	}
	if got["bytes_total source=app"] == 0 || got["batches_total"] < 2 {
		t.Errorf("%v", got)
	}

	stop()
	write(t, mapped, `{"who":"192.0.2.7","when":"2026-08-01T12:00:01Z","what":"/d","how":"GET","code":200}`+"\n")
	if p, err = newPipeline(options()); err != nil {
		t.Fatal(err)
	}
	run(t, p.Run)
	eventually(t, "the new row", func() bool { return bus.Paths()["/d"] == 1 })
	if bus.Len() != 5 {
		t.Errorf("after a restart the bus has %v", bus.Paths())
	}
}

func TestMistakesNameTheSource(t *testing.T) {
	f := func(s config.Source, want string) {
		t.Helper()
		if err := Check([]config.Source{s}); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), s.Name) {
			t.Errorf("check: %v, want %q of %s", err, want, s.Name)
		}
		_, err := newPipeline(Options{
			Sources: []config.Source{s}, Trusted: nobody, Positions: filepath.Join(t.TempDir(), "p.json"),
			To: &ingesttest.Bus{}, Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(),
		})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("new: %v, want %q", err, want)
		}
	}
	f(config.Source{Name: "when", From: "middle", Format: "auto", Paths: []string{"x"}}, "middle")
	f(config.Source{Name: "how", From: "end", Format: "elvish", Paths: []string{"x"}}, "elvish")
	f(config.Source{Name: "what", From: "end", Format: "json", Paths: []string{"x"}, Fields: map[string]config.Field{"no_field": {Pointer: "/x"}}}, "no_field")
	err := Check([]config.Source{{Name: "one", From: "middle"}, {Name: "two", From: "end", Format: "elvish"}})
	if err == nil || !strings.Contains(err.Error(), "one") || !strings.Contains(err.Error(), "two") {
		t.Errorf("not all mistakes at once: %v", err)
	}
}
