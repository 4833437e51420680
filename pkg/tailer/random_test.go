package tailer

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/ingest/ingesttest"
)

// TestRandomSchedules writes, rotates in every way and kills at random, over a
// bus that fails at random, while the clock of the file system jumps: every
// line is shipped once. What cannot be saved by anybody is left out of the
// schedules: files that are deleted or written over before they were read, and
// lines written between a copy and its truncation.
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
	w := &writer{host: h, r: r, shifts: r.IntN(2) == 0}
	t.Cleanup(func() {
		if t.Failed() {
			saved, _ := os.ReadFile(h.opts.Positions)
			t.Logf("schedule: %q\n%s\n%s", w.steps, h.log.String(), saved)
		}
	})
	h.write("access.log", 1)
	h.start()
	h.shipped()
	for step := range 80 {
		if step%20 == 19 {
			w.settle()
			w.tidy()
		}
		w.step()
	}
	w.settle()
	h.check()
}

// step does one thing, each as often as its weight.
func (w *writer) step() {
	steps := []struct {
		weight int
		name   string
		do     func()
	}{
		{40, "write", w.line},
		{15, "half a line", w.halfLine},
		{9, "rename", func() { w.rotate(w.rename) }},
		{9, "copy and truncate", func() { w.rotate(w.copyTruncate) }},
		{9, "compress", w.compress},
		{6, "touch", w.touch},
		{10, "kill or start", w.killOrStart},
		{8, "pause", func() { <-time.After(time.Duration(w.r.IntN(60)) * time.Millisecond) }},
	}
	sum := 0
	for _, s := range steps {
		sum += s.weight
	}
	n := w.r.IntN(sum)
	for _, s := range steps {
		if n -= s.weight; n < 0 {
			w.note(s.name)
			s.do()
			return
		}
	}
}

func (w *writer) line() {
	w.finishLine()
	w.write("access.log", 1+w.r.IntN(300))
}

func (w *writer) halfLine() {
	w.finishLine()
	line := w.lines(1)
	cut := 1 + w.r.IntN(len(line)-1)
	w.append("access.log", line[:cut])
	w.half = line[cut:]
}

func (w *writer) killOrStart() {
	if w.stop == nil {
		w.start()
		return
	}
	w.kill()
}

// settle has everything shipped.
func (w *writer) settle() {
	w.note("settle")
	w.finishLine()
	if w.stop == nil {
		w.start()
	}
	w.shipped()
}
