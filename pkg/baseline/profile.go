package baseline

import "math"

// A profile is the course of a period: for each part of it, by how much the
// series is above its level then.
type profile struct {
	Period int64  // nanoseconds
	Each   uint16 // points in a slot of one period
	Slots  []float32
	Points []uint16 // seen in each slot, at most profileMemory periods
}

const profileMemory = 8 // periods

func newProfile(period, interval int64, most int) profile {
	n := int64(most)
	if points := period / interval; points < n {
		n = points
	}
	each := max(1, min(1000, period/interval/n))
	return profile{Period: period, Each: uint16(each), Slots: make([]float32, n), Points: make([]uint16, n)}
}

func (p *profile) slot(local int64) int {
	if p.Slots == nil {
		return -1
	}
	return int(float64(modulo(local, p.Period)) / float64(p.Period) * float64(len(p.Slots)))
}

func (p *profile) at(slot int) float64 {
	if slot < 0 {
		return 0
	}
	return float64(p.Slots[slot])
}

// learn takes in by how far the series was off at a slot, in which no more
// than most is believed once the slot was seen twice.
func (p *profile) learn(slot int, off, most float64) {
	if slot < 0 {
		return
	}
	if p.Points[slot] >= 2*p.Each {
		off = math.Max(-most, math.Min(most, off))
	}
	p.Slots[slot] += float32(off / float64(p.Points[slot]+1))
	p.Points[slot] = min(p.Points[slot]+1, profileMemory*p.Each)
}
