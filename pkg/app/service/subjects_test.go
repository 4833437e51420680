package service

import (
	"bytes"
	"context"
	"sync"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/bus"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/erase"
)

// What is not stored yet is not taken off the bus: other people's lines lie in
// the same messages.
func TestAnErasureLeavesOnTheBusWhatIsNotStored(t *testing.T) {
	ends := bus.Ends{Lines: 10, Records: 20, Dead: 3}
	settled := func(ctx context.Context, done bus.Ends) (bus.Ends, error) {
		e := &erasure{
			ends: func(context.Context) (bus.Ends, error) { return ends, nil },
			done: func() bus.Ends { return done },
		}
		_, err := e.settle(ctx, erase.Subject{})
		return e.before, err
	}
	gaveUp, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := settled(gaveUp, bus.Ends{Lines: 4, Records: 25}); err == nil || got != (bus.Ends{Lines: 4, Records: 20, Dead: 3}) {
		t.Errorf("while the store is behind: up to %+v, %v", got, err)
	}
	if got, err := settled(t.Context(), bus.Ends{Lines: 10, Records: 20}); err != nil || got != ends {
		t.Errorf("when all is stored: up to %+v, %v", got, err)
	}
}

// A name that is forgotten while routes are being saved is not written again
// by the save that had begun before: the one after it waits.
func TestForgottenRoutesAreNotSavedAgain(t *testing.T) {
	r := newRouting(config.Routes{}, nil)
	r.learn(1, served("/users/alice"))
	var saved []byte
	var second sync.WaitGroup
	write := func(_ context.Context, data []byte) error {
		saved = data
		return nil
	}
	err := r.save(t.Context(), func(ctx context.Context, data []byte) error {
		if n := r.forget(func(word string) bool { return word == "alice" }); n != 1 {
			t.Errorf("%d words were forgotten, want 1", n)
		}
		second.Go(func() {
			if err := r.save(ctx, write); err != nil {
				t.Error(err)
			}
		})
		if r.saving.TryLock() {
			t.Error("another save may overtake this one")
			r.saving.Unlock()
		}
		return write(ctx, data)
	})
	second.Wait()
	if err != nil || len(saved) == 0 || bytes.Contains(saved, []byte("alice")) {
		t.Errorf("saved last: %q, %v", saved, err)
	}
}
