package series

import "math/bits"

// histogram counts durations by buckets of which each is a twelfth of an
// octave wide: up to 16 as a list, beyond in an array.
type histogram struct {
	n   uint8 // how many are listed; inBuckets
	ref uint32
}

const (
	listed      = 16
	inBuckets   = 255
	perOctave   = 12
	octaves     = 24
	bucketCount = octaves * perOctave
	// Durations are counted in units of 1,024 ns. The first bucket, which has
	// all that is shorter, begins at 64 units (66 µs), the last one ends at
	// 1,100 s and has all that is longer.
	unitLog    = 10
	firstLog   = 6
	lowest     = float64(1<<(unitLog+firstLog)) / 1e9 // seconds
	mantissa   = 16
	listedMask = listed - 1
)

type (
	marks   [listed]uint16
	buckets [bucketCount]uint32
)

// bucketOf is the bucket of a duration in nanoseconds.
func bucketOf(nanoseconds int64) uint16 {
	units := uint64(max(nanoseconds, 0)) >> unitLog
	log := bits.Len64(units) - 1
	if log < firstLog {
		return 0
	}
	fraction := units << (63 - log) >> (63 - mantissa) & (1<<mantissa - 1)
	bucket := (log-firstLog)*perOctave + int(fraction*perOctave>>mantissa)
	return uint16(min(bucket, bucketCount-1))
}

// edge is where a bucket begins, in seconds; at its fraction it may be asked
// for inside of one.
func edge(bucket int, fraction float64) float64 {
	inOctave := (float64(bucket%perOctave) + fraction) / perOctave
	return lowest * float64(uint64(1)<<(bucket/perOctave)) * (1 + inOctave)
}

// measure counts a duration's bucket.
func (s *sketches) measure(h *histogram, bucket uint16) {
	switch {
	case h.n == inBuckets:
		s.buckets[h.ref][bucket]++
		return
	case h.n == 0:
		s.marks = append(s.marks, marks{})
		h.ref = uint32(len(s.marks) - 1)
	case h.n == listed:
		s.pour(h)
		s.buckets[h.ref][bucket]++
		return
	}
	s.marks[h.ref][h.n&listedMask] = bucket
	h.n++
}

// pour puts what is listed into buckets.
func (s *sketches) pour(h *histogram) {
	s.buckets = append(s.buckets, buckets{})
	full := &s.buckets[len(s.buckets)-1]
	if h.n > 0 {
		for _, bucket := range s.marks[h.ref][:h.n] {
			full[bucket]++
		}
	}
	h.n, h.ref = inBuckets, uint32(len(s.buckets)-1)
}

// mergeLatency adds another's histogram.
func (s *sketches) mergeLatency(h *histogram, from *sketches, other histogram) {
	switch {
	case other.n == 0:
	case other.n != inBuckets:
		for _, bucket := range from.marks[other.ref][:other.n] {
			s.measure(h, bucket)
		}
	default:
		if h.n != inBuckets {
			s.pour(h)
		}
		for i, n := range from.buckets[other.ref] {
			s.buckets[h.ref][i] += n
		}
	}
}

// quantiles gives how many durations were counted, and two of their quantiles
// in seconds.
func (s *sketches) quantiles(h histogram, p, q float64) (n, atP, atQ float64) {
	if h.n == 0 {
		return 0, 0, 0
	}
	sparse := buckets{}
	full := &sparse
	if h.n == inBuckets {
		full = &s.buckets[h.ref]
	} else {
		for _, bucket := range s.marks[h.ref][:h.n] {
			sparse[bucket]++
		}
	}
	for _, count := range full {
		n += float64(count)
	}
	return n, full.quantile(p * n), full.quantile(q * n)
}

// quantile is the duration at which so many are shorter.
func (b *buckets) quantile(rank float64) float64 {
	below := 0.0
	for i, count := range b {
		if c := float64(count); c > 0 && below+c >= rank {
			return edge(i, (rank-below)/c)
		}
		below += float64(count)
	}
	return edge(bucketCount-1, 1)
}
