package agent

import (
	"context"
	"errors"
	"time"
)

const (
	saveInterval = time.Second
	// saveShare bounds the share of time that goes into saving: a set that
	// takes 200 ms to write is written every 4 s at most.
	saveShare = 20
	// saveRate bounds what is written in the long run, in bytes a second: a
	// million blocks, 40 MB, are written every 20 s at most. What a crash loses
	// of them the service sends again.
	saveRate = 2 << 20
)

// keepSaved writes changes to disk, not too often.
func (a *Agent) keepSaved(ctx context.Context) {
	failing := false
	for failing || a.awaitChange(ctx) {
		start := a.clock.Now()
		size, err := a.save()
		took := a.clock.Now() - start
		a.noteSave(took, err, failing)
		failing = err != nil
		if !pause(ctx, max(saveInterval, saveShare*took, time.Duration(size)*time.Second/saveRate)) {
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

// save writes what differs from what is saved, and gives the size of the state
// if it was written.
func (a *Agent) save() (size int, err error) {
	touchErr := a.touches.save()
	state := savedState{a.replica.Sets(), a.replica.MatchKeys(), a.spared.Load().all()}
	if a.saved.equal(state) {
		return 0, touchErr
	}
	size, err = a.state.save(state, a.clock)
	if err == nil {
		a.saved = state
	}
	return size, errors.Join(touchErr, err)
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
