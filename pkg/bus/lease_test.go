package bus

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// A machine that stands still for a second loses its lease, as it should: then
// the next round tells whether the second one waits.
func TestSecondHolderWaits(t *testing.T) {
	everywhere(t, func(t *testing.T, at where) {
		w := start(t, at)
		for rounds := 1; ; rounds++ {
			err := w.secondWaits(t)
			if err == nil {
				return
			}
			if !errors.Is(err, ErrLeaseLost) || rounds == 20 {
				t.Fatalf("round %d: %v", rounds, err)
			}
		}
	})
}

// secondWaits has a first one hold the lease for longer than it lasts without
// being renewed, while a second one wants it, and gives the errors of both.
func (w *world) secondWaits(t *testing.T) error {
	t.Helper()
	held, release, second := make(chan bool), make(chan bool), make(chan bool)
	first, other := make(chan error, 1), make(chan error, 1)
	go func() {
		first <- w.Hold(t.Context(), "serve", "first", time.Second, func(ctx context.Context) error {
			close(held)
			select {
			case <-release:
			case <-ctx.Done():
				return nil
			}
			select {
			case <-second:
				if ctx.Err() == nil {
					t.Error("two hold the lease")
				}
			default:
			}
			return nil
		})
	}()
	<-held
	go func() {
		other <- w.Hold(t.Context(), "serve", "second", time.Second, func(context.Context) error {
			close(second)
			return nil
		})
	}()
	kv, err := w.js.KeyValue(t.Context(), leaseBucket)
	if err != nil {
		t.Fatal(err)
	}
	begun := uint64(0)
	eventually(t, "the lease was renewed beyond its first life, or lost", func() bool {
		e, err := kv.Get(t.Context(), "serve")
		if err == nil && begun == 0 {
			begun = e.Revision()
		}
		return len(first) > 0 || err == nil && e.Revision() > begun+5
	})
	close(release)
	<-second
	return errors.Join(<-first, <-other)
}

func TestLostLeaseEndsItsHolder(t *testing.T) {
	w := start(t, where{dir: t.TempDir()})
	err := w.Hold(t.Context(), "serve", "first", time.Second, func(ctx context.Context) error {
		// Somebody else writes: the renewal is fenced.
		if _, err := w.js.Publish(ctx, bucketSubject(leaseBucket, "serve"), []byte("second"), jetstream.WithMsgTTL(time.Second)); err != nil {
			return err
		}
		<-ctx.Done()
		return context.Cause(ctx)
	})
	if !errors.Is(err, ErrLeaseLost) {
		t.Errorf("Hold = %v, want ErrLeaseLost", err)
	}
	// What the other one does not renew runs out.
	if err := w.Hold(t.Context(), "serve", "first", time.Second, func(context.Context) error { return nil }); err != nil {
		t.Error(err)
	}
}
