package tailer

import (
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/ingest"
	"github.com/honeymoat/honeymoat/pkg/ingest/ingesttest"
)

// BenchmarkLiveTail writes a line a millisecond, as a gateway does that does
// not buffer its log, and tells what it costs to follow it: from the event of
// the watcher to the position after the bus has acknowledged. What it costs to
// write the lines is taken off. Run it with -benchtime 5000x, for five
// seconds; it says little when the machine does other work.
func BenchmarkLiveTail(b *testing.B) {
	alone := func(b *testing.B) time.Duration {
		h := newHost(b, "access.log")
		return h.pace(b.N)
	}
	followed := func(b *testing.B) time.Duration {
		h := newHost(b, "access.log")
		h.opts = Options{Positions: h.opts.Positions, Sources: h.opts.Sources}
		h.ship = ingest.Options{}
		lines := 0
		h.bus.Fail = nil
		h.bus.Stored = func(batch *event.Batch) { lines += batch.Rows() }
		h.write("access.log", 1)
		h.start()
		cost := h.pace(b.N)
		h.end()
		b.ReportMetric(float64(lines), "lines")
		b.ReportMetric(float64(h.bus.Batches()), "batches")
		return cost
	}
	writing := alone(b)
	cost := followed(b) - writing
	b.ReportMetric(float64(cost.Nanoseconds())/float64(b.N), "cpu-ns/line")
	b.ReportMetric(100*cost.Seconds()/(float64(b.N)/1000), "%core")
}

// pace writes n lines, one a millisecond, and gives the CPU time that this
// process has used meanwhile.
func (h *host) pace(n int) time.Duration {
	h.Helper()
	f, err := os.OpenFile(h.path("access.log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	h.must(err)
	defer f.Close()
	line := ingesttest.Line("/index.html?q=1") + "\n"
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	before := h.used()
	for range n {
		<-ticker.C
		_, err := f.WriteString(line)
		h.must(err)
	}
	return h.used() - before
}

// used is the CPU time of this process so far.
func (h *host) used() time.Duration {
	h.Helper()
	var u syscall.Rusage
	h.must(syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
