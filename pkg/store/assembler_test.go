package store

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// tally is a cargo that counts, and takes so many messages.
type tally struct{ messages, limit int }

func (c *tally) fits(int) bool     { return c.messages < c.limit }
func (c *tally) add(int)           { c.messages++ }
func (c *tally) inserts() []insert { return nil }
func (c *tally) reset()            { c.messages = 0 }

func newTally(plan progress, limit int) *assembler[int] {
	return newAssembler(plan, func() cargo[int] { return &tally{limit: limit} })
}

// loads runs messages of the sequences after plan.Done through an assembler,
// and gives the ranges of its loads.
func loads(t *testing.T, plan progress, limit int, last uint64) (ranges [][2]uint64) {
	t.Helper()
	a := newTally(plan, limit)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for seq := plan.Done + 1; seq <= last; seq++ {
			if a.add(ctx, seq, 0) != nil {
				return
			}
		}
	}()
	for {
		l, err := a.next(ctx, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		ranges = append(ranges, [2]uint64{l.after, l.to})
		if l.to == last {
			return ranges
		}
		a.recycle(l)
	}
}

func TestLoads(t *testing.T) {
	f := func(plan progress, limit int, last uint64, want ...[2]uint64) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			got := loads(t, plan, limit, last)
			if len(got) != len(want) {
				t.Fatalf("%+v: loads %v, want %v", plan, got, want)
			}
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("%+v: loads %v, want %v", plan, got, want)
				}
			}
		})
	}
	// Limits cut, whatever was recorded before is sent as it was.
	f(progress{}, 100, 5, [2]uint64{0, 5})
	f(progress{}, 2, 5, [2]uint64{0, 2}, [2]uint64{2, 4}, [2]uint64{4, 5})
	f(progress{Done: 3, Until: 6}, 100, 8, [2]uint64{3, 6}, [2]uint64{6, 8})
	f(progress{Done: 3, Until: 6}, 2, 8, [2]uint64{3, 6}, [2]uint64{6, 8})
	f(progress{Done: 3, Singles: 5}, 100, 7, [2]uint64{3, 4}, [2]uint64{4, 5}, [2]uint64{5, 7})
}

func TestFirstMessageWaitsALittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, start := newTally(progress{}, 100), time.Now()
		take := func(before time.Time) time.Duration {
			if err := a.add(t.Context(), a.last+1, 0); err != nil {
				t.Fatal(err)
			}
			l, err := a.next(t.Context(), before)
			if err != nil {
				t.Fatal(err)
			}
			a.recycle(l)
			return time.Since(start)
		}
		if got := take(time.Time{}); got != lingerFirst {
			t.Errorf("after quiet, a message waits %v, want %v", got, lingerFirst)
		}
		if got := take(start.Add(lingerFirst)); got != lingerFirst+lingerNext {
			t.Errorf("the next insert comes at %v, want %v", got, lingerFirst+lingerNext)
		}
	})
}

func TestRecordedRangeWaitsForItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newTally(progress{Done: 0, Until: 2}, 100)
		if err := a.add(t.Context(), 1, 0); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if l, err := a.next(ctx, time.Time{}); err == nil {
			t.Errorf("a part of a recorded range was given: %d-%d", l.after, l.to)
		}
	})
}

func TestAdderWaitsForTheTaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newTally(progress{}, 1)
		ctx, cancel := context.WithCancel(t.Context())
		added := 0
		done := make(chan struct{})
		go func() {
			defer close(done)
			for a.add(ctx, uint64(added+1), 0) == nil {
				added++
			}
		}()
		synctest.Wait()
		if added > 1 {
			t.Errorf("%d messages were taken with nobody to store them, want 1", added)
		}
		cancel()
		<-done
	})
}
