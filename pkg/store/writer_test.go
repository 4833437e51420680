package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/store/embedded/enginetest"
)

func TestWriterStoresEachLineOnce(t *testing.T) {
	s, _ := migrated(t)
	r := newRig()
	last := r.publishBatches(20_000, 700)
	w, stop := r.start(t, s)
	eventually(t, "all lines stored", func() bool { return w.LinesDone() == last })
	stop()
	wantExactly(t, s, 20_000)

	// Another writer on the same progress has nothing to do.
	w, stop = r.start(t, s)
	eventually(t, "progress loaded", func() bool { return w.LinesDone() == last })
	stop()
	wantExactly(t, s, 20_000)
}

func TestCrashBetweenRecordedAndSent(t *testing.T) {
	s, _ := migrated(t)
	r := newRig()
	last := r.publishBatches(5000, 500)
	// The writer dies as soon as the first range is recorded.
	died := make(chan struct{})
	r.checkpoints.saved = func(_ string, data []byte) {
		if untilOf(data) > 0 {
			r.checkpoints.saved = nil
			r.kill()
			close(died)
		}
	}
	_, stop := r.start(t, s)
	<-died
	stop()
	wantNumber(t, s, "SELECT toInt64(count()) FROM events", 0)
	finish(t, s, r, last)
	wantExactly(t, s, 5000)
}

func TestCrashBetweenSentAndDone(t *testing.T) {
	s, _ := migrated(t)
	r := newRig()
	last := r.publishBatches(5000, 500)
	// The insert is stored, but that is never recorded: what was recorded
	// before is what the next writer finds.
	var frozen []byte
	r.checkpoints.saved = func(name string, data []byte) {
		if name == "store.lines" && untilOf(data) > 0 && frozen == nil {
			frozen = data
		}
	}
	w, stop := r.start(t, s)
	eventually(t, "all lines stored", func() bool { return w.LinesDone() == last })
	stop()
	r.checkpoints.saved = nil
	r.checkpoints.data["store.lines"] = frozen
	finish(t, s, r, last)
	wantExactly(t, s, 5000)
}

func TestProgressThatCannotBeSavedHoldsInserts(t *testing.T) {
	s, _ := migrated(t)
	r := newRig()
	var refuse atomic.Bool
	var refused atomic.Int64
	refuse.Store(true)
	r.checkpoints.save = func(_ string, data []byte) error {
		if refuse.Load() && untilOf(data) > 0 {
			refused.Add(1)
			return errors.New("the bus is away")
		}
		return nil
	}
	last := r.publishBatches(1000, 500)
	w, _ := r.start(t, s)
	eventually(t, "saving refused twice", func() bool { return refused.Load() > 1 })
	wantNumber(t, s, "SELECT toInt64(count()) FROM events", 0)
	refuse.Store(false)
	eventually(t, "all lines stored", func() bool { return w.LinesDone() == last })
	wantExactly(t, s, 1000)
}

func TestEngineKilledWhileInserting(t *testing.T) {
	s, h := migrated(t)
	r := newRig()
	const lines, kills = 120_000, 4
	w, _ := r.start(t, s)
	var last uint64
	for i := range kills {
		for first := i * lines / kills; first < (i+1)*lines/kills; first += 3000 {
			last = r.lines.publish(makeBatch(0, first, 3000))
		}
		mark := last - uint64(rand.N(10))
		eventually(t, "some more lines stored", func() bool { return w.LinesDone() >= mark })
		h.Kill()
	}
	h.WaitReady()
	eventually(t, "all lines stored", func() bool { return w.LinesDone() == last })
	wantExactly(t, s, lines)
}

func TestWriterDiesAgainAndAgain(t *testing.T) {
	s, _ := migrated(t)
	r := newRig()
	last := r.publishBatches(60_000, 1000)
	// The first range is cut by chance, so the points differ from run to run.
	for round := range 12 {
		saves, died := 0, make(chan struct{})
		r.checkpoints.saved = func(string, []byte) {
			if saves++; saves == 1+round%3 {
				r.kill()
				close(died)
			}
		}
		w, stop := r.start(t, s)
		eventually(t, "the writer died or was done", func() bool {
			select {
			case <-died:
				return true
			default:
				return w.LinesDone() == last
			}
		})
		stop()
	}
	r.checkpoints.saved = nil
	finish(t, s, r, last)
	wantExactly(t, s, 60_000)
}

func TestEngineAwayForAWhile(t *testing.T) {
	_, h := migrated(t)
	r := newRig()
	h.Stop()
	last := r.publishBatches(3000, 1000)
	away := openStore(t, h)
	w, stop := r.start(t, away)
	eventually(t, "the writer found the store away", func() bool {
		return gauge(t, away.metrics.failing.WithLabelValues("lines")) == 1
	})
	if w.LinesDone() != 0 {
		t.Fatal("lines done without a store")
	}
	stop()
	opts := enginetest.Options(t)
	opts.DataDir = h.DataDir
	back := openStore(t, enginetest.StartWith(t, opts))
	finish(t, back, r, last)
	wantExactly(t, back, 3000)
}

func TestPoisonedLineIsIsolated(t *testing.T) {
	s, _ := migrated(t)
	if err := s.conn.Exec(t.Context(), "ALTER TABLE events ADD CONSTRAINT poison CHECK path != '/poison'"); err != nil {
		t.Fatal(err)
	}
	r := newRig()
	for i := range 10 {
		b := makeBatch(0, i*100, 100)
		b.Reject(event.Position{Offset: int64(i), Line: 1}, 10, "no request", []byte("x"))
		r.lines.publish(b)
	}
	bad := makeBatch(1, 0, 1)
	bad.SetNumber(event.Offset, 500)
	bad.SetString(event.Path, "/poison")
	bad.EndRow()
	poisoned := r.lines.publish(bad)
	last := r.lines.publish(makeBatch(0, 1000, 100))
	w, _ := r.start(t, s)
	eventually(t, "all but the poisoned message stored", func() bool { return w.LinesDone() == last })
	wantExactly(t, s, 1100)
	wantNumber(t, s, "SELECT toInt64(count()) FROM quarantine", 10)
	dead := r.buried()
	if len(dead) != 1 || !strings.HasPrefix(dead[0], fmt.Sprintf("lines %d ", poisoned)) || !contains(dead, "poison") {
		t.Errorf("dead letters %q, want message %d with the reason", dead, poisoned)
	}
}

func TestQuarantineRefusedAfterEventsStored(t *testing.T) {
	s, _ := migrated(t)
	if err := s.conn.Exec(t.Context(), "ALTER TABLE quarantine ADD CONSTRAINT poison CHECK reason != 'poison'"); err != nil {
		t.Fatal(err)
	}
	r := newRig()
	for i := range 6 {
		b := makeBatch(0, i*100, 100)
		reason := "no request"
		if i == 3 {
			reason = "poison"
		}
		b.Reject(event.Position{Offset: int64(i), Line: 1}, 10, reason, []byte("x"))
		r.lines.publish(b)
	}
	w, _ := r.start(t, s)
	eventually(t, "all stored or put aside", func() bool { return w.LinesDone() == 6 })
	wantExactly(t, s, 600)
	wantNumber(t, s, "SELECT toInt64(count()) FROM quarantine", 5)
	if dead := r.buried(); len(dead) != 1 || !strings.HasPrefix(dead[0], "lines 4 ") {
		t.Errorf("dead letters %q, want message 4", dead)
	}
}

func TestLinesOfTwoDaysAreTwoInserts(t *testing.T) {
	s, _ := migrated(t)
	r := newRig()
	a, b := makeBatch(0, 0, 100), makeBatch(0, 100, 100)
	b.Received = today.Add(24 * time.Hour).UnixNano()
	r.lines.publish(a, b)
	w, _ := r.start(t, s)
	eventually(t, "both stored", func() bool { return w.LinesDone() == 2 })
	wantExactly(t, s, 200)
	wantNumber(t, s, "SELECT toInt64(uniqExact(partition)) FROM system.parts WHERE database = 'honeymoat' AND table = 'events' AND active", 2)
}

func TestNewBusIsNotTakenForTheOld(t *testing.T) {
	s, _ := migrated(t)
	old := newRig()
	finish(t, s, old, old.publishBatches(100, 100))
	fresh := newRig()
	finish(t, s, fresh, fresh.lines.publish(makeBatch(0, 100, 100)))
	wantExactly(t, s, 200)
}

// finish runs a writer until a sequence is done.
func finish(t testing.TB, s *Store, r *rig, last uint64) {
	t.Helper()
	w, stop := r.start(t, s)
	eventually(t, "all lines stored", func() bool { return w.LinesDone() == last })
	stop()
}

func untilOf(data []byte) uint64 {
	var p progress
	_ = json.Unmarshal(data, &p)
	return p.Until
}
