package tailer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/ingest"
	"github.com/honeymoat/honeymoat/pkg/ingest/ingesttest"
)

// host is a machine with logs, a bus, and a shipper that comes and goes.
type host struct {
	testing.TB
	dir  string // of the logs
	opts Options
	ship ingest.Options
	bus  ingesttest.Bus
	log  logged
	next int // number of the next line

	registry *prometheus.Registry
	dead     atomic.Bool             // nothing reaches the bus
	faults   func() ingesttest.Fault // of a bus that is in reach
	stop     context.CancelFunc
	done     chan error
}

// newHost makes a host whose source reads the given patterns of its folder.
func newHost(t testing.TB, patterns ...string) *host {
	h := &host{TB: t, dir: t.TempDir()}
	h.opts = Options{
		Positions: filepath.Join(t.TempDir(), "positions.json"),
		Scan:      20 * time.Millisecond, Poll: 10 * time.Millisecond,
		Drain: 40 * time.Millisecond, Save: 10 * time.Millisecond,
		Sources: []Source{{Name: "edge"}},
	}
	h.ship = ingest.Options{Linger: time.Millisecond, MinPatience: time.Microsecond, MaxPatience: time.Millisecond}
	h.bus.Fail = func(int) ingesttest.Fault {
		if h.dead.Load() {
			return ingesttest.Refuse
		}
		return h.faults()
	}
	h.faults = func() ingesttest.Fault { return ingesttest.None }
	for _, p := range patterns {
		h.opts.Sources[0].Paths = append(h.opts.Sources[0].Paths, h.path(p))
	}
	t.Cleanup(h.end)
	return h
}

func (h *host) path(name string) string { return filepath.Join(h.dir, name) }

// start has the logs shipped.
func (h *host) start() {
	h.Helper()
	h.registry = prometheus.NewRegistry()
	tail, err := New(h.opts, slog.New(slog.NewTextHandler(&h.log, &slog.HandlerOptions{Level: slog.LevelDebug})), h.registry)
	h.must(err)
	pipeline, err := ingest.New(h.ship, []ingest.Source{{Name: "edge"}}, tail, &h.bus, slog.New(slog.DiscardHandler))
	h.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	h.stop, h.done = cancel, make(chan error, 1)
	go func() { h.done <- pipeline.Run(ctx) }()
}

// end stops shipping.
func (h *host) end() {
	h.Helper()
	if h.stop == nil {
		return
	}
	h.stop()
	if err := <-h.done; err != nil && !errors.Is(err, context.Canceled) {
		h.Error(err)
	}
	h.stop = nil
}

// kill ends shipping as SIGKILL does: what was not on disk by then is lost.
func (h *host) kill() {
	h.Helper()
	h.dead.Store(true)
	defer h.dead.Store(false)
	saved, err := os.ReadFile(h.opts.Positions)
	if err != nil && !os.IsNotExist(err) {
		h.Fatal(err)
	}
	h.end()
	if saved == nil {
		_ = os.Remove(h.opts.Positions)
		return
	}
	h.must(os.WriteFile(h.opts.Positions, saved, 0o600))
}

// lines makes n new lines.
func (h *host) lines(n int) string {
	var s bytes.Buffer
	for range n {
		fmt.Fprintf(&s, "%s\n", ingesttest.Line(fmt.Sprintf("/%d", h.next)))
		h.next++
	}
	return s.String()
}

// write appends n new lines to a log.
func (h *host) write(name string, n int) { h.Helper(); h.append(name, h.lines(n)) }

func (h *host) append(name, text string) {
	h.Helper()
	f, err := os.OpenFile(h.path(name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	h.must(err)
	_, err = f.WriteString(text)
	h.must(errors.Join(err, f.Close()))
}

func (h *host) rename(from, to string) { h.Helper(); h.must(os.Rename(h.path(from), h.path(to))) }

// copyTruncate rotates a log as logrotate's copytruncate does.
func (h *host) copyTruncate(name, to string) {
	h.Helper()
	data, err := os.ReadFile(h.path(name))
	h.must(err)
	h.must(os.WriteFile(h.path(to), data, 0o600))
	h.must(os.Truncate(h.path(name), 0))
}

func (h *host) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// eventually polls until ok.
func (h *host) eventually(what string, ok func() bool) {
	h.Helper()
	deadline := time.Now().Add(time.Minute)
	for !ok() {
		if time.Now().After(deadline) {
			saved, _ := os.ReadFile(h.opts.Positions)
			h.Fatalf("never happened: %s; %d of %d lines shipped\n%s\n%s", what, h.bus.Len(), h.next, h.log.String(), saved)
		}
		<-time.After(2 * time.Millisecond)
	}
}

// shipped waits until every line written so far is on the bus.
func (h *host) shipped() {
	h.Helper()
	h.eventually("every line shipped", func() bool { return h.bus.Len() >= h.next })
}

// check waits for all lines and fails unless each is there once.
func (h *host) check() {
	h.Helper()
	h.shipped()
	paths := h.bus.Paths()
	for i := range h.next {
		if n := paths[fmt.Sprintf("/%d", i)]; n != 1 {
			h.Errorf("line %d is there %d times", i, n)
		}
	}
	if n := h.bus.Len(); n != h.next {
		h.Errorf("%d records, want %d", n, h.next)
	}
	type place struct {
		file   string
		offset int64
	}
	seen := map[place]bool{}
	for _, r := range h.bus.Records() {
		if p := (place{r.File, r.Offset}); seen[p] {
			h.Errorf("two records at %v", p)
		} else {
			seen[p] = true
		}
	}
	if h.Failed() {
		h.Log(h.log.String())
	}
}

// metric gives the value of a gauge or counter, summed over its labels.
func (h *host) metric(name string) float64 {
	h.Helper()
	families, err := h.registry.Gather()
	h.must(err)
	sum := 0.0
	for _, f := range families {
		if f.GetName() == name {
			for _, m := range f.GetMetric() {
				sum += m.GetGauge().GetValue() + m.GetCounter().GetValue()
			}
		}
	}
	return sum
}

// logged collects a log.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
