package service

import (
	"context"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/bus"
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
