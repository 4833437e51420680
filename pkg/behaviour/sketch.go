package behaviour

import (
	"math"
	"math/bits"
)

// sketch counts different things in 72 bytes, right to about a tenth: registers
// of leading zeros, counted as they change (each change adds how many things it
// took on average to bring it about).
type sketch struct {
	same      float32 // of so many newcomers as there are registers, how many change nothing
	count     float32
	registers [registers]uint8
}

const (
	registerBits = 6
	registers    = 1 << registerBits
)

// add counts a thing by its hash. It tells whether it is certainly new; of new
// ones it misses more the more there are.
func (s *sketch) add(hash uint64) bool {
	at := hash >> (64 - registerBits)
	zeros := uint8(bits.LeadingZeros64(hash<<registerBits|1<<(registerBits-1))) + 1
	old := s.registers[at]
	if zeros <= old {
		return false
	}
	s.count += registers / max(registers-s.same, 1e-3)
	s.same += half(old) - half(zeros)
	s.registers[at] = zeros
	return true
}

// half is one half to the power of n.
func half(n uint8) float32 { return math.Float32frombits(uint32(127-int32(n)) << 23) }

// crowdSketch tells few from many: 64 bits of which each thing sets one.
type crowdSketch uint64

func (s *crowdSketch) add(hash uint64) { *s |= 1 << (hash >> 58) }

// count is how many there are, right to a fifth up to fifty, and at most 266.
func (s crowdSketch) count() float64 {
	free := max(64-bits.OnesCount64(uint64(s)), 1)
	return 64 * math.Log(64/float64(free))
}
