package series

import (
	"math"
	"math/bits"
)

// distinct counts different values, told apart by 32 bits of a hash: exactly
// up to 16, beyond in 512 registers, or 128 where it is coarse: right to about a
// twentieth or a tenth. Its memory is that of a sketches.
type distinct struct {
	n   uint8  // how many are known; inRegisters
	ref uint32 // the value, of one; else its place
}

const (
	fewValues   = 4
	someValues  = 16
	inRegisters = 255
	registerLog = 9
	coarseLog   = 7
	// mostRegisters bounds the counters with registers in a minute; beyond, a
	// counter stays at 16.
	mostRegisters = 1 << 16
)

type (
	few       [fewValues]uint32
	some      [someValues]uint32
	registers [1 << registerLog]uint8
	coarse    [1 << coarseLog / 2]uint8 // two registers a byte
)

// sketches is the memory of many counters.
type sketches struct {
	isCoarse  bool // its counters with registers are
	few       []few
	some      []some
	registers []registers
	coarse    []coarse
	marks     []marks
	buckets   []buckets
}

func (s *sketches) reset() {
	s.few, s.some, s.registers, s.coarse = s.few[:0], s.some[:0], s.registers[:0], s.coarse[:0]
	s.marks, s.buckets = s.marks[:0], s.buckets[:0]
}

func (s *sketches) bytes() int {
	return 16*cap(s.few) + 64*cap(s.some) + 512*cap(s.registers) + 64*cap(s.coarse) + 32*cap(s.marks) + 4*bucketCount*cap(s.buckets)
}

// add counts a value.
func (s *sketches) add(d *distinct, value uint32) {
	switch {
	case d.n == inRegisters && s.isCoarse:
		s.coarse[d.ref].add(value)
	case d.n == inRegisters:
		s.registers[d.ref].add(value)
	case d.n == 0:
		d.n, d.ref = 1, value
	case d.n == 1:
		if d.ref != value {
			s.few = append(s.few, few{d.ref, value})
			d.n, d.ref = 2, uint32(len(s.few)-1)
		}
	default:
		s.addKnown(d, value)
	}
}

// known are the values of a counter that knows more than one.
func (s *sketches) known(d distinct) []uint32 {
	if d.n <= fewValues {
		return s.few[d.ref][:d.n]
	}
	return s.some[d.ref][:d.n]
}

func (s *sketches) addKnown(d *distinct, value uint32) {
	known := s.known(*d)
	for _, v := range known {
		if v == value {
			return
		}
	}
	switch d.n {
	case fewValues:
		var more some
		copy(more[:], known)
		s.some = append(s.some, more)
		d.ref = uint32(len(s.some) - 1)
	case someValues:
		s.spread(d, value)
		return
	}
	d.n++
	s.known(*d)[d.n-1] = value
}

// spread puts the values of a counter, and one more, into registers.
func (s *sketches) spread(d *distinct, value uint32) {
	if len(s.registers)+len(s.coarse) >= mostRegisters {
		return
	}
	known := s.known(*d)
	s.give(d)
	for _, v := range known {
		s.add(d, v)
	}
	s.add(d, value)
}

// give gives a counter registers in which there is nothing.
func (s *sketches) give(d *distinct) {
	d.n = inRegisters
	if s.isCoarse {
		s.coarse, d.ref = append(s.coarse, coarse{}), uint32(len(s.coarse))
	} else {
		s.registers, d.ref = append(s.registers, registers{}), uint32(len(s.registers))
	}
}

// merge adds the values of another's counter. Neither is coarse.
func (s *sketches) merge(d *distinct, from *sketches, other distinct) {
	switch {
	case other.n == 0:
	case other.n == 1:
		s.add(d, other.ref)
	case other.n == inRegisters:
		s.mergeRegisters(d, &from.registers[other.ref])
	default:
		for _, v := range from.known(other) {
			s.add(d, v)
		}
	}
}

func (s *sketches) mergeRegisters(d *distinct, other *registers) {
	if d.n != inRegisters {
		was := *d
		s.give(d)
		s.merge(d, s, was)
	}
	for i, rank := range other {
		if r := &s.registers[d.ref][i]; rank > *r {
			*r = rank
		}
	}
}

// count is how many different values there were.
func (s *sketches) count(d distinct) float64 {
	switch {
	case d.n != inRegisters:
		return float64(d.n)
	case s.isCoarse:
		return math.Round(s.coarse[d.ref].count())
	default:
		return math.Round(s.registers[d.ref].count())
	}
}

// The highest ranks: one more than the bits of a value that tell no register,
// or what half a byte holds.
const (
	maxRank       = 32 - registerLog + 1
	maxCoarseRank = 15
)

func (r *registers) add(value uint32) {
	rank := min(uint8(bits.LeadingZeros32(value<<registerLog))+1, maxRank)
	if at := &r[value>>(32-registerLog)]; rank > *at {
		*at = rank
	}
}

func (r *registers) count() float64 {
	var ranks [maxRank + 1]float64
	for _, rank := range r {
		ranks[rank]++
	}
	return estimate(ranks[:])
}

func (r *coarse) add(value uint32) {
	rank := min(uint8(bits.LeadingZeros32(value<<coarseLog))+1, maxCoarseRank)
	register := value >> (32 - coarseLog)
	at, shift := &r[register/2], register%2*4
	if *at>>shift&15 < rank {
		*at = *at&^(15<<shift) | rank<<shift
	}
}

func (r *coarse) count() float64 {
	var ranks [maxCoarseRank + 1]float64
	for _, two := range r {
		ranks[two&15]++
		ranks[two>>4]++
	}
	return estimate(ranks[:])
}

// estimate is how many values there were, by how many registers have which
// rank: that of O. Ertl, "New cardinality estimation algorithms for HyperLogLog
// sketches" (2017), which needs no correction for few values.
func estimate(ranks []float64) float64 {
	size, last := 0.0, len(ranks)-1
	for _, n := range ranks {
		size += n
	}
	z := size * tau(1-ranks[last]/size)
	for k := last - 1; k > 0; k-- {
		z = (z + ranks[k]) / 2
	}
	z += size * sigma(ranks[0]/size)
	return size * size / (2 * math.Ln2 * z)
}

func sigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	y, z := 1.0, x
	for before := -1.0; z != before; y *= 2 {
		x *= x
		before = z
		z += x * y
	}
	return z
}

func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	y, z := 1.0, 1-x
	for before := -1.0; z != before; {
		x = math.Sqrt(x)
		before = z
		y /= 2
		z -= (1 - x) * (1 - x) * y
	}
	return z / 3
}
