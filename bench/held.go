package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/honeymoat/honeymoat/pkg/baseline"
	"github.com/honeymoat/honeymoat/pkg/baseline/series"
	"github.com/honeymoat/honeymoat/pkg/baseline/watch"
	"github.com/honeymoat/honeymoat/pkg/behaviour"
	"github.com/honeymoat/honeymoat/pkg/detect"
	"github.com/honeymoat/honeymoat/pkg/event"
)

// kept is what it takes to remember so many, and to keep it for a restart.
type kept struct {
	What        string  `json:"what"`
	Count       int     `json:"count"`
	Bytes       uint64  `json:"bytes"`              // of memory
	WaitMillis  float64 `json:"snapshot_wait_ms"`   // for which detection waits meanwhile
	WriteMillis float64 `json:"snapshot_write_ms"`  // that included
	PackMillis  float64 `json:"snapshot_packed_ms"` // written compressed, as checkpoints are
	ReadMillis  float64 `json:"snapshot_read_ms"`
	Snapshot    int     `json:"snapshot_bytes"`
	Packed      int     `json:"snapshot_packed_bytes"`
}

const heldColumns = "\nheld\tof them\tmemory\tms to wait\tms snapshot\tcompressed\tms to read it\tsnapshot\tcompressed"

func (h *kept) columns() string {
	return fmt.Sprintf("%s\t%d\t%s\t%.0f\t%.0f\t%.0f\t%.0f\t%s\t%s", h.What, h.Count, megabytes(int64(h.Bytes)),
		h.WaitMillis, h.WriteMillis, h.PackMillis, h.ReadMillis, megabytes(int64(h.Snapshot)), megabytes(int64(h.Packed)))
}

const (
	manySeries = 100_000
	manyActors = 100_000
	// knownAfter is after how many minutes places have their models.
	knownAfter = 63
)

// measureHeldBaselines fills what knows what is normal, and what watches
// actors, and has a detector with both keep them.
func measureHeldBaselines(ctx context.Context, series, actors int) ([]kept, error) {
	before := inUse()
	w := filledWatch(ctx, series)
	watching := kept{What: "series, their models", Bytes: inUse() - before}
	before = inUse()
	o := filledObserver(actors)
	watched := kept{What: "actors", Bytes: inUse() - before, Count: o.Stats().Actors}
	d := detect.New(detect.Options{Watch: w, Behaviour: o})
	both := kept{What: "detection with both", Bytes: watching.Bytes + watched.Bytes}
	for _, n := range w.Stats().Table.Series {
		watching.Count += n
	}
	both.Count = watching.Count + watched.Count
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	list := []kept{watching, watched, both}
	for i, part := range []snapshotter{w, o, d} {
		if err := list[i].keep(part); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// snapshotter is what can be kept for a restart.
type snapshotter interface {
	Freeze() (write func(io.Writer) error, err error)
	WriteSnapshot(w io.Writer) error
	Restore(data []byte) error
}

// keep measures how long it takes to write a snapshot, and to read it.
func (h *kept) keep(s snapshotter) error {
	var plain, packed bytes.Buffer
	if err := s.WriteSnapshot(&plain); err != nil { // once, for the memory that it takes
		return err
	}
	h.Snapshot = plain.Len()
	plain.Reset()
	var write func(io.Writer) error
	var err error
	if h.WaitMillis = millis(busy(func() { write, err = s.Freeze() })); err != nil {
		return err
	}
	if err := write(io.Discard); err != nil {
		return err
	}
	if h.WriteMillis = millis(busy(func() { err = s.WriteSnapshot(&plain) })); err != nil {
		return err
	}
	if h.PackMillis = millis(busy(func() { err = pack(&packed, s) })); err != nil {
		return err
	}
	h.Packed = packed.Len()
	h.ReadMillis = millis(busy(func() { err = s.Restore(plain.Bytes()) }))
	return err
}

// pack writes a snapshot as checkpoints have it.
func pack(to io.Writer, s snapshotter) error {
	z, err := zstd.NewWriter(to, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(512<<10))
	if err != nil {
		return err
	}
	if err := s.WriteSnapshot(z); err != nil {
		return err
	}
	return z.Close()
}

// filledWatch has series of all sorts, and models of them: everybody comes in
// the first minute, and some of them in each that follows.
func filledWatch(ctx context.Context, n int) *watch.Watch {
	w, p := watch.New(watch.Options{Series: series.Options{MaxSeries: n}}), newPopulation(n)
	take := func(b *event.Batch) { w.Add(b, 0, b.Rows(), nil, b.Received) }
	p.minute(p.people, take)
	for range knownAfter {
		if ctx.Err() != nil {
			break
		}
		p.minute(p.routes, take)
		w.Advance(p.at.UnixNano())
	}
	return w
}

// filledObserver watches so many actors, of whom each has been seen four times.
func filledObserver(n int) *behaviour.Observer {
	o, p := behaviour.New(behaviour.Options{MaxActors: n}), newPopulation(n)
	p.people = n
	for range 4 {
		p.minute(n, func(b *event.Batch) { o.Add(b, 0, b.Rows(), nil, func(*behaviour.Suspicion) {}) })
	}
	return o
}

// modelFigure is what the model of one series costs.
type modelFigure struct {
	Nanoseconds  float64 `json:"nanoseconds"`  // a point
	Bytes        uint64  `json:"bytes"`        // of memory
	AppendNanos  float64 `json:"append_ns"`    // its part of a snapshot
	RestoreNanos float64 `json:"restore_ns"`   // the same, read
	Kept         int     `json:"kept_bytes"`   // in a snapshot
	Rate         float64 `json:"points_per_s"` // on one core
}

const modelColumns = "\nmodel: points/s\tns a point\tbytes\tkept bytes\tns to keep it\tns to read it"

func (m *modelFigure) columns() string {
	return fmt.Sprintf("%s\t%.0f\t%d\t%d\t%.0f\t%.0f", thousands(m.Rate), m.Nanoseconds, m.Bytes, m.Kept, m.AppendNanos, m.RestoreNanos)
}

// measureModel has models of a quarter of an hour's interval see a fortnight.
func measureModel() (modelFigure, error) {
	const models, points = 200, 14 * 96
	o := baseline.Options{Kind: baseline.Count, Interval: 15 * time.Minute}
	all, before := make([]*baseline.Model, models), inUse()
	for i := range all {
		all[i] = baseline.New(o)
	}
	took := busy(func() {
		for k := range points {
			at := time.Duration(k) * o.Interval
			usual := 100 + 80*math.Sin(2*math.Pi*at.Hours()/24)
			for i, m := range all {
				m.Observe(baseline.Point{Time: int64(at), Value: math.Round(usual + float64((k*31+i*17)%23))})
			}
		}
	})
	f := modelFigure{Bytes: (inUse() - before) / models, Nanoseconds: float64(took.Nanoseconds()) / models / points}
	f.Rate = 1e9 / f.Nanoseconds
	return f, f.keep(all, o)
}

// keep has models written and read, often enough for a clock that ticks every
// few milliseconds.
func (f *modelFigure) keep(all []*baseline.Model, o baseline.Options) (err error) {
	all = slices.Repeat(all, 25)
	var data []byte
	written := make([][]byte, len(all))
	f.AppendNanos = float64(busy(func() {
		for i, m := range all {
			begun := len(data)
			if data, err = m.AppendBinary(data); err != nil {
				return
			}
			written[i] = data[begun:]
		}
	}).Nanoseconds()) / float64(len(all))
	if err != nil {
		return err
	}
	f.Kept = len(data) / len(all)
	f.RestoreNanos = float64(busy(func() {
		for _, one := range written {
			if _, err = baseline.Restore(o, one); err != nil {
				return
			}
		}
	}).Nanoseconds()) / float64(len(all))
	return err
}
