package tailer

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/ingest/ingesttest"
)

// TestRandomSchedules writes, rotates both ways and kills at random, over a
// bus that fails at random: every line is shipped once. What cannot be saved
// by anybody is left out of the schedules: a file deleted before it was read,
// and lines written between a copy and its truncation.
//
// The seeds are fixed, so that a change is judged by the same schedules as the
// one before; `make torture` draws others.
func TestRandomSchedules(t *testing.T) {
	seeds := []uint64{1, 2, 3}
	if os.Getenv("HONEYMOAT_TORTURE") == "long" {
		seeds = make([]uint64, 30)
		for i := range seeds {
			seeds[i] = rand.Uint64()
		}
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { schedule(t, seed, "access.log") })
		t.Run(fmt.Sprint(seed, " with a glob"), func(t *testing.T) { schedule(t, seed, "*.log*") })
	}
}

func schedule(t *testing.T, seed uint64, pattern string) {
	r := rand.New(rand.NewPCG(seed, 5))
	faults := rand.New(rand.NewPCG(seed, 6))
	h := newHost(t, pattern)
	h.faults = func() ingesttest.Fault { return ingesttest.Fault(max(0, faults.IntN(12)-8)) }
	w := &writer{host: h}
	t.Cleanup(func() {
		if t.Failed() {
			saved, _ := os.ReadFile(h.opts.Positions)
			t.Logf("schedule: %q\n%s\n%s", w.steps, h.log.String(), saved)
		}
	})
	h.write("access.log", 1)
	h.start()
	h.shipped()
	for step := range 60 {
		if step%15 == 14 {
			w.settle()
		}
		w.step(r)
	}
	w.settle()
	h.check()
}

// writer is a process that writes a log, and the cron job that rotates it.
type writer struct {
	*host
	half  string // what the last line still lacks
	old   int    // rotated files so far
	steps []string
}

func (w *writer) step(r *rand.Rand) {
	n := r.IntN(100)
	switch {
	case n < 45:
		w.finishLine()
		w.note("write")
		w.write("access.log", 1+r.IntN(300))
	case n < 60:
		w.finishLine()
		w.note("half a line")
		line := w.lines(1)
		cut := 1 + r.IntN(len(line)-1)
		w.append("access.log", line[:cut])
		w.half = line[cut:]
	case n < 70:
		w.note("rename")
		w.rotate(func(old string) { w.rename("access.log", old) })
	case n < 80:
		w.note("copy and truncate")
		w.rotate(func(old string) { w.copyTruncate("access.log", old) })
	case n < 90 && w.stop != nil:
		w.note("kill")
		w.kill()
	case w.stop == nil:
		w.note("start")
		w.start()
	default:
		w.note("pause")
		<-time.After(time.Duration(r.IntN(60)) * time.Millisecond)
	}
}

// settle has everything shipped.
func (w *writer) settle() {
	w.finishLine()
	if w.stop == nil {
		w.start()
	}
	w.shipped()
}

func (w *writer) rotate(how func(old string)) {
	w.finishLine()
	if _, err := os.Stat(w.path("access.log")); err != nil {
		return
	}
	w.old++
	how(fmt.Sprintf("access.log.%d", w.old))
}

func (w *writer) finishLine() {
	if w.half != "" {
		w.append("access.log", w.half)
		w.half = ""
	}
}

func (w *writer) note(step string) { w.steps = append(w.steps, step) }
