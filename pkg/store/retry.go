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
	var since time.Time
	faults := 0
	for wait := firstWait; ; wait = min(2*wait, longestWait) {
		err := f(ctx)
		if err == nil {
			r.over(ctx, what, since)
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if permanent(err) {
			if faults++; faults >= faultTries {
				return err
			}
		} else if since.IsZero() {
			since = time.Now()
			r.begin(ctx, what, err)
		}
		if err := pause(ctx, wait/2+rand.N(wait)); err != nil {
			return err
		}
	}
}

func permanent(err error) bool { return isDataFault(err) || errors.Is(err, errUnknownTable) }

func (r *retrier) begin(ctx context.Context, what string, err error) {
	r.metrics.failing.WithLabelValues(r.stream).Set(1)
	r.metrics.failures.WithLabelValues(r.stream).Inc()
	r.log.WarnContext(ctx, "store: cannot go on, trying again until it works",
		slog.String("stream", r.stream), slog.String("operation", what), slog.Any("error", err))
}

func (r *retrier) over(ctx context.Context, what string, since time.Time) {
	if since.IsZero() {
		return
	}
	r.metrics.failing.WithLabelValues(r.stream).Set(0)
	r.log.InfoContext(ctx, "store: going on", slog.String("stream", r.stream),
		slog.String("operation", what), slog.Duration("after", time.Since(since)))
}
