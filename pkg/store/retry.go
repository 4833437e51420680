package store

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"
)

// Waits between attempts: from first to longest, doubling, with a share of
// chance.
const (
	firstWait   = 50 * time.Millisecond
	longestWait = 5 * time.Second
	// faultTries is how often an insert is tried whose data the server
	// blames: a connection that broke in the middle can look like that.
	faultTries = 3
)

// retrier repeats what failed, for as long as it takes. It logs when trouble
// begins and when it is over, and not in between.
type retrier struct {
	stream  string
	log     *slog.Logger
	metrics *metrics
}

// do repeats f until it succeeds. It gives an error when ctx ends, or when f
// failed because of its data some times.
func (r *retrier) do(ctx context.Context, what string, f func(context.Context) error) error {
	t := trouble{retrier: r, what: what}
	defer t.leave()
	faults := 0
	for wait := firstWait; ; wait = min(2*wait, longestWait) {
		err := f(ctx)
		if err == nil {
			t.over(ctx)
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if !permanent(err) {
			t.begin(ctx, err)
		} else if faults++; faults >= faultTries {
			return err
		}
		if err := pause(ctx, wait/2+rand.N(wait)); err != nil {
			return err
		}
	}
}

func permanent(err error) bool { return isDataFault(err) || errors.Is(err, errUnknownTable) }

// trouble is that of one operation; it may come and go.
type trouble struct {
	*retrier
	what  string
	since time.Time // zero: there is none
}

func (t *trouble) begin(ctx context.Context, err error) {
	if !t.since.IsZero() {
		return
	}
	t.since = time.Now()
	t.metrics.failing.WithLabelValues(t.stream).Inc()
	t.metrics.failures.WithLabelValues(t.stream).Inc()
	t.log.WarnContext(ctx, "store: cannot go on, trying again until it works",
		slog.String("stream", t.stream), slog.String("operation", t.what), slog.Any("error", err))
}

func (t *trouble) over(ctx context.Context) {
	if t.since.IsZero() {
		return
	}
	t.log.InfoContext(ctx, "store: going on", slog.String("stream", t.stream),
		slog.String("operation", t.what), slog.Duration("after", time.Since(t.since)))
	t.leave()
}

// leave takes the operation out of those that fail: it is not tried any more.
func (t *trouble) leave() {
	if !t.since.IsZero() {
		t.metrics.failing.WithLabelValues(t.stream).Dec()
		t.since = time.Time{}
	}
}
