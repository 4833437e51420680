package baseline

import (
	"encoding/binary"
	"math"
)

// append writes what encoding/binary would, field by field: without reflection
// it takes a part of the time, and whoever writes 100,000 models waits for it.
func (s *snapshot) append(b []byte) []byte {
	w := writer{b}
	w.ints32(s.Version, uint32(s.Codes))
	w.floats(s.Least)
	w.course(&s.Course)
	w.floats(s.Short.Before, s.Short.Variance, s.Short.Together)
	w.spread(&s.Slow)
	w.spread(&s.Fast)
	w.floats(s.Above.Scales, s.Below.Scales)
	w.smalls(s.Memory.Deviations[:])
	w.smalls(s.Memory.Distances[:])
	w.smalls(s.Memory.Courses[:])
	w.ints32(s.Memory.At, s.Memory.Here)
	w.tally(&s.Tally)
	w.story(&s.Story)
	w.floats(s.Seen, s.Faith)
	w.clock(&s.Clock)
	w.days(&s.Days)
	for i := range s.Tails {
		w.generation(&s.Tails[i].Now)
		w.generation(&s.Tails[i].Before)
		w.floats(s.Tails[i].Outer)
	}
	w.smalls(s.All.Counts[:])
	w.smalls([]float32{s.All.Total})
	return w.data
}

// writer appends numbers, the lowest byte first.
type writer struct{ data []byte }

func (w *writer) ints32(all ...uint32) {
	for _, v := range all {
		w.data = binary.LittleEndian.AppendUint32(w.data, v)
	}
}

func (w *writer) ints64(all ...int64) {
	for _, v := range all {
		w.data = binary.LittleEndian.AppendUint64(w.data, uint64(v))
	}
}

func (w *writer) floats(all ...float64) {
	for _, v := range all {
		w.data = binary.LittleEndian.AppendUint64(w.data, math.Float64bits(v))
	}
}

func (w *writer) smalls(all []float32) {
	for _, v := range all {
		w.data = binary.LittleEndian.AppendUint32(w.data, math.Float32bits(v))
	}
}

func (w *writer) codes(all []int16) {
	for _, v := range all {
		w.data = binary.LittleEndian.AppendUint16(w.data, uint16(v))
	}
}

func (w *writer) flag(v bool) {
	b := byte(0)
	if v {
		b = 1
	}
	w.data = append(w.data, b)
}

func (w *writer) course(c *course) {
	w.floats(c.Level)
	w.floats(c.Off[:]...)
	w.floats(c.Errors[:]...)
	w.floats(c.Foretold[:]...)
	w.ints32(uint32(c.Chosen))
}

func (w *writer) spread(s *spread) { w.floats(s.Mean, s.Step, s.Seen, s.Some, s.Most) }

func (w *writer) tally(t *tally) {
	w.floats(t.Factor)
	w.smalls(t.Seen[:])
	w.smalls(t.Expected[:])
	w.smalls(t.Of[:])
	w.ints32(t.At)
}

func (w *writer) story(s *story) {
	w.floats(s.Peak, s.Rest)
	w.ints64(s.Since)
	w.floats(s.Held, s.Age, s.Quiet, s.Side)
	w.flag(s.Active)
	w.data = append(w.data, s.Shape)
	w.flag(s.Stopped)
}

func (w *writer) clock(c *clockState) {
	w.ints64(c.Interval, c.Last)
	w.ints64(c.Steps[:]...)
	w.data = append(w.data, byte(c.Known))
}

func (w *writer) days(d *daysState) {
	w.floats(d.Base, d.Unit)
	w.ints64(d.Period)
	w.ints32(uint32(d.Slots))
	w.ints64(d.First, d.Day)
	w.ints32(uint32(d.Slot))
	w.data = binary.LittleEndian.AppendUint16(w.data, uint16(d.Was))
	w.flag(d.Whole)
	w.floats(d.Sum, d.Seen)
}

func (w *writer) generation(g *generation) {
	w.ints32(uint32(g.Seen), uint32(g.Kept))
	w.smalls(g.Largest[:])
}
