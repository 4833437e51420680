package respond

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// fakeTraffic is the last day, by targets as text.
type fakeTraffic map[string]Day

func (f fakeTraffic) Of(t block.Target, _ time.Time) (Day, bool) {
	d, ok := f[t.String()]
	return d, ok
}

// fakePreview is what the store says; nil is a store that is away.
type fakePreview map[string]Day

func (f fakePreview) Preview(_ context.Context, criteria []block.Criterion, _, _ time.Time) (Day, error) {
	if f == nil {
		return Day{}, errors.New("away")
	}
	return f[textOf(criteria)], nil
}

// slowPreview never comes to an end.
type slowPreview struct{}

func (slowPreview) Preview(ctx context.Context, _ []block.Criterion, _, _ time.Time) (Day, error) {
	<-ctx.Done()
	return Day{}, ctx.Err()
}

// contextOf ends after a while, or with the test.
func contextOf(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}
