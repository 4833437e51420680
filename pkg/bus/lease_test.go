package bus

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/honeymoat/honeymoat/pkg/bus/bustest"
)

// joined is a service on an external server: only there others may be.
func joined(t *testing.T) *world {
	t.Helper()
	return start(t, where{leaf: bustest.External(t, filepath.Join(t.TempDir(), "external"))})
}

// A machine that stands still for a second loses its lease, as it should: then
// the next round tells whether the second one waits.
func TestSecondHolderWaits(t *testing.T) {
	w := joined(t)
	for rounds := 1; ; rounds++ {
		err := w.secondWaits(t)
		if err == nil {
			return
		}
		if !errors.Is(err, ErrLeaseLost) || rounds == 20 {
			t.Fatalf("round %d: %v", rounds, err)
		}
	}
}

// TestNobodyWaitsForAKilledServiceOfItsOwn: what a killed service leaves in
// streams of its own keeps the next one not waiting, and nothing that becomes of
// it ends that.
func TestNobodyWaitsForAKilledServiceOfItsOwn(t *testing.T) {
	w := start(t, where{dir: t.TempDir()})
	kv, err := w.js.KeyValue(t.Context(), leaseBucket)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kv.Create(t.Context(), "serve", []byte("killed"), jetstream.KeyTTL(time.Hour)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience) // less than an hour
	defer cancel()
	ran := false
	err = w.Hold(ctx, "serve", "next", time.Hour, func(ctx context.Context) error {
		ran = true
		return ctx.Err()
	})
	if err != nil || !ran {
		t.Errorf("Hold = %v, ran %v", err, ran)
	}
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
	w := joined(t)
	err := w.Hold(t.Context(), "serve", "first", time.Second, func(ctx context.Context) error {
		// Somebody else writes: the renewal is fenced.
		if _, err := w.js.Publish(ctx, w.writeSubject(leaseBucket, "serve"), []byte("second"), jetstream.WithMsgTTL(time.Second)); err != nil {
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
