package tailer

import (
	"fmt"
	"os"
	"testing"
)

// TestRotationsWhileTheBusIsAwayForLong: every file has another name whenever
// one looks, some are compressed, and all are shipped in order when the bus is
// back.
func TestRotationsWhileTheBusIsAwayForLong(t *testing.T) {
	for _, killed := range []bool{false, true} {
		t.Run(fmt.Sprint("killed ", killed), func(t *testing.T) {
			h := newHost(t, "access.log")
			h.opts.MaxFiles = 4
			h.write("access.log", 10)
			h.start()
			h.shipped()
			h.dead.Store(true)
			for n := range 12 {
				h.write("access.log", 100)
				h.shift(n)
				h.write("access.log", 10)
				h.seen()
				if killed && n == 6 {
					h.kill()
					h.start()
					h.dead.Store(true)
					h.seen()
				}
				if open := h.metric("honeymoat_tailer_open_files"); open > 4 {
					t.Fatalf("%v files are open", open)
				}
			}
			h.dead.Store(false)
			h.check()
			h.inOrder()
		})
	}
}

// shift rotates the log n times rotated before: the youngest has number 1, and
// what is older than two is compressed.
func (h *host) shift(n int) {
	h.Helper()
	for i := n; i > 0; i-- {
		from, to := fmt.Sprintf("access.log.%d", i), fmt.Sprintf("access.log.%d", i+1)
		if i > 2 {
			from += ".gz"
		}
		if i > 1 {
			to += ".gz"
		}
		if i == 2 {
			h.compress(from, ".gz", gzipped)
			from += ".gz"
		}
		h.rename(from, to)
	}
	h.rename("access.log", "access.log.1")
}

// seen waits until the tailer has looked at all files as they are now.
func (h *host) seen() {
	h.Helper()
	scans := h.metric("honeymoat_tailer_scans_total")
	h.eventually("two looks around", func() bool { return h.metric("honeymoat_tailer_scans_total") >= scans+2 })
}

// inOrder fails unless the lines came in the order in which they were written.
func (h *host) inOrder() {
	h.Helper()
	for i, r := range h.bus.Records() {
		if want := fmt.Sprintf("/%d", i); r.Path != want {
			h.Fatalf("record %d is %s\n%s", i, r.Path, h.log.String())
		}
	}
}

func TestDeletedFilesHoldOnlySoMuchOfTheDisk(t *testing.T) {
	h := newHost(t, "access.log")
	h.opts.Deleted = 120_000
	h.write("access.log", 10)
	h.start()
	h.shipped()
	h.dead.Store(true)
	for range 4 {
		h.write("access.log", 600) // some 50 kB
		h.seen()
		h.must(os.Remove(h.path("access.log")))
		h.seen()
	}
	h.eventually("some are let go", func() bool { return h.metric("honeymoat_tailer_open_files") <= 2 })
	if lost := h.metric("honeymoat_tailer_lost_bytes_total"); lost < 80_000 || lost > 120_000 {
		t.Errorf("%v bytes are told as lost", lost)
	}
	h.dead.Store(false)
	h.eventually("the rest is shipped", func() bool { return h.bus.Len() == 10+2*600 })
}
