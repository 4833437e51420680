package baseline

import "math"

// The signs by which a point may be unusual.
const (
	fastUp = iota
	fastDown
	slowUp
	slowDown
	fewUp
	fewDown
	someUp
	someDown
	manyUp
	manyDown
	wild
	calm
	stuck
	kinds
)

// signs are how far out a point is in each of the ways, as the coordinate
// that ranks counts; none where it is not at all.
type signs [kinds]float64

var none = math.Inf(-1)

const (
	few, some, many = 4, 16, 64
	farthestInSum   = 8
)

// windows are the last standardised deviations, and what they add up to.
type windows struct {
	Slow, Fast     [many]float32
	At             uint8
	Few, Some, Sum float64
	Noise          float64
	Value          float64
	Run            float64
}

func (w *windows) look(d deviation) signs {
	var s signs
	for i := range s {
		s[i] = none
	}
	put(&s, fastUp, d.zFast)
	put(&s, slowUp, d.zSlow)
	now := bound(d.zSlow, farthestInSum)
	put(&s, fewUp, (w.Few+now-float64(w.Slow[w.back(few)]))/2)
	put(&s, someUp, (w.Some+now-float64(w.Slow[w.back(some)]))/4)
	put(&s, manyUp, (w.Sum+now-float64(w.Slow[w.back(many)]))/8)
	noise := (w.Noise + math.Min(farthestInSum, math.Abs(d.zFast)) - float64(w.Fast[w.back(some)])) / some
	if noise > 1 {
		s[wild] = 5 * math.Log(noise)
	} else {
		s[calm] = math.Min(20, -5*math.Log(noise))
	}
	if d.zFast == 0 || math.Abs(d.slow-w.Value) == 0 {
		s[stuck] = math.Log(w.Run+1) - 1
	}
	return s
}

func put(s *signs, up int, z float64) {
	if z > 0 {
		s[up] = math.Log(z)
	} else if z < 0 {
		s[up+1] = math.Log(-z)
	}
}

func (w *windows) back(n int) int { return int(w.At+uint8(many-n)) % many }

func (w *windows) learn(d deviation) {
	now := bound(d.zSlow, farthestInSum)
	far := math.Min(farthestInSum, math.Abs(d.zFast))
	w.Few += now - float64(w.Slow[w.back(few)])
	w.Some += now - float64(w.Slow[w.back(some)])
	w.Sum += now - float64(w.Slow[w.back(many)])
	w.Noise += far - float64(w.Fast[w.back(some)])
	w.Slow[w.At], w.Fast[w.At] = float32(now), float32(far)
	w.At = (w.At + 1) % many
	if d.zFast == 0 || d.slow == w.Value {
		w.Run++
	} else {
		w.Run = 0
	}
	w.Value = d.slow
}

func (w *windows) shifted(by float64, e estimate) {}
