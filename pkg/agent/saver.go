package agent

import (
	"context"
	"errors"
	"maps"
	"time"
)

const (
	saveInterval = time.Second
	// saveShare bounds the share of time that goes into saving: a set that
	// takes 200 ms to write is written every 4 s at most.
	saveShare = 20
)

// keepSaved writes changes to disk, not too often.
func (a *Agent) keepSaved(ctx context.Context) {
	failing := false
	for failing || a.awaitChange(ctx) {
		start := a.clock.Now()
		err := a.save()
		took := a.clock.Now() - start
		a.noteSave(took, err, failing)
		failing = err != nil
		if !pause(ctx, max(saveInterval, saveShare*took)) {
			return
		}
	}
}

// awaitChange waits until there is something to save.
func (a *Agent) awaitChange(ctx context.Context) (alive bool) {
	select {
	case <-ctx.Done():
		return false
	case <-a.dirty:
		return true
	}
}

// save writes what differs from what is saved.
func (a *Agent) save() error {
	touchErr := a.touches.save()
	sets := a.replica.Sets()
	if a.saved != nil && maps.Equal(sets, a.saved) {
		return touchErr
	}
	if err := a.state.save(sets, a.clock); err != nil {
		return errors.Join(touchErr, err)
	}
	a.saved = sets
	return touchErr
}

func (a *Agent) noteSave(took time.Duration, err error, failing bool) {
	a.count.saveNanos.Store(int64(took))
	switch {
	case err != nil:
		a.count.saveFailures.Add(1)
		if !failing {
			a.log.Error("the blocks cannot be saved; a restart would begin with older ones", "error", err,
				"hint", "is there space in the state directory, and may this user write there?")
		}
	case failing:
		a.log.Info("the blocks can be saved again")
	}
}
