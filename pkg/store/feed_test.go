package store

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// hiccup is a stream that fails once, then gives one record.
type hiccup struct{ failed bool }

func (h *hiccup) Consume(ctx context.Context, after uint64, fn func(uint64, Record) error) error {
	if !h.failed {
		h.failed = true
		return errors.New("the bus is away")
	}
	if err := fn(after+1, Record{Table: "audit", Rows: []byte("{}\n")}); err != nil {
		return err
	}
	<-ctx.Done()
	return context.Cause(ctx)
}

func TestAStreamThatWorksAgainIsNotFailing(t *testing.T) {
	m, err := newMetrics(prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	f := &feed[Record]{
		source: &hiccup{}, retry: retrier{stream: "records", log: slog.New(slog.DiscardHandler), metrics: m},
	}
	a := newAssembler(progress{}, func() cargo[Record] { return &records{} })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.consume(ctx, a)
	}()
	eventually(t, "a message", func() bool { return !a.idle() })
	if n := gauge(t, m.failing.WithLabelValues("records")); n != 0 {
		t.Errorf("%v operations fail, want none", n)
	}
	cancel()
	<-done
}
