package alerting

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"
)

// batchSize is what one request holds at most, in alerts.
const batchSize = 100

// farewell bounds the last delivery, after the order to stop.
const farewell = 2 * time.Second

// sender keeps one Alertmanager in step with the table. A slow or dead one has
// a sender of its own, and so delays no other.
type sender struct {
	client  *apiClient
	table   *table
	metrics *metrics
	log     *slog.Logger
	resend  time.Duration
	pause   func(failures int) time.Duration
	changed chan struct{} // holds one token while there is news

	sent     uint64 // the version up to which the Alertmanager was told
	behind   bool   // it failed since it was last told everything
	failures int    // in a row

	problem atomic.Pointer[error] // of the last delivery; nil when it succeeded
}

// run delivers until ctx ends, then once more what is new, if the Alertmanager
// was answering.
func (s *sender) run(ctx context.Context) {
	defer s.client.close()
	again := time.NewTicker(s.resend)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			s.sayFarewell(ctx)
			return
		case <-again.C:
			s.sent = 0
		case <-s.changed:
		}
		s.deliver(ctx)
	}
}

func (s *sender) notify() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// deliver tries until the Alertmanager is in step or ctx ends.
func (s *sender) deliver(ctx context.Context) {
	for {
		err := s.flush(ctx)
		if err == nil {
			s.caughtUp()
			return
		}
		if ctx.Err() != nil {
			return
		}
		s.failed(err)
		timer := time.NewTimer(s.pause(s.failures))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// failed makes the Alertmanager be told everything, as it may come back without
// its memory; but once only until it has been, so that one which answers now
// and then gets on.
func (s *sender) failed(err error) {
	s.problem.Store(&err)
	if !s.behind {
		s.behind, s.sent = true, 0
		s.log.Warn("alertmanager does not take alerts; they are kept and sent again", "err", err)
	}
	s.failures++
	s.metrics.failed.WithLabelValues(s.client.name).Inc()
}

func (s *sender) caughtUp() {
	s.problem.Store(nil)
	if s.behind {
		s.behind = false
		s.log.Info("alertmanager takes alerts again and has been told everything")
	}
}

func (s *sender) flush(ctx context.Context) error {
	pending := s.table.since(s.sent, time.Now())
	for batch := range slices.Chunk(pending, batchSize) {
		if err := s.post(ctx, batch); err != nil {
			return err
		}
		s.sent = batch[len(batch)-1].version
	}
	return nil
}

// post halves a batch that was refused until the alert at fault stands alone,
// which is then given up: it must not keep the others from being told.
func (s *sender) post(ctx context.Context, batch []outgoing) error {
	err := s.client.post(ctx, batch)
	switch {
	case err == nil:
		s.succeeded(batch)
		return nil
	case !refused(err):
		return err
	case len(batch) == 1:
		s.metrics.rejected.WithLabelValues(s.client.name).Inc()
		s.log.Error("alertmanager refuses an alert", "alertname", batch[0].alert.Labels["alertname"], "err", err)
		return nil
	}
	half := len(batch) / 2
	if err := s.post(ctx, batch[:half]); err != nil {
		return err
	}
	return s.post(ctx, batch[half:])
}

func (s *sender) succeeded(batch []outgoing) {
	s.failures = 0
	s.table.accepted(batch)
	s.metrics.posted.WithLabelValues(s.client.name).Add(float64(len(batch)))
	s.metrics.lastSuccess.WithLabelValues(s.client.name).SetToCurrentTime()
}

func (s *sender) sayFarewell(ctx context.Context) {
	if s.behind {
		return
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	if err := s.flush(last); err != nil {
		s.log.Warn("last alerts were not delivered; they are sent after the next start", "err", err)
	}
}

// backoff doubles from low to high with the number of failures in a row, and
// takes off up to a quarter so that many senders do not come back in step.
func backoff(low, high time.Duration) func(int) time.Duration {
	return func(failures int) time.Duration {
		d := low
		for i := 1; i < failures && d < high; i++ {
			d *= 2
		}
		d = min(d, high)
		return d - rand.N(d/4+1)
	}
}
