package bus

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

func TestSecondHolderWaits(t *testing.T) {
	everywhere(t, func(t *testing.T, at where) {
		w := start(t, at)
		held, release, second := make(chan bool), make(chan bool), make(chan bool)
		results := make(chan error, 2)
		go func() {
			results <- w.Hold(t.Context(), "serve", "first", time.Second, func(context.Context) error {
				close(held)
				<-release
				return nil
			})
		}()
		<-held
		go func() {
			results <- w.Hold(t.Context(), "serve", "second", time.Second, func(context.Context) error {
				close(second)
				return nil
			})
		}()
		kv, err := w.js.KeyValue(t.Context(), leaseBucket)
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "the lease was renewed beyond its first life", func() bool {
			e, err := kv.Get(t.Context(), "serve")
			return err == nil && e.Revision() > 5
		})
		select {
		case <-second:
			t.Error("two hold the lease")
		default:
		}
		close(release)
		<-second
		for range 2 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
	})
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
