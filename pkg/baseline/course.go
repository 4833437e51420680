package baseline

import "math"

// course is the way that a series runs besides what its last points say: at a
// level, as it usually runs at this time of the day, or as it ran a week ago.
// All are followed side by side, and the one that foretold the last days best
// is believed.
type course struct {
	Level    float64
	Off      [ways]float64 // of the days' values, which lag behind the level
	Errors   [ways]float64 // mean deviation
	Foretold [ways]float64 // points for which there was an expectation
	Chosen   int32
}

const (
	plain = iota
	daily
	weekly
	ways

	levelLeast  = 128 // points that a level remembers, at least
	levelMost   = 1024
	errorMemory = 500
	better      = 0.93 // times the error is worth a change
	clip        = 3    // scales: a deviation teaches no more than that
)

// A foresight is what each way expects.
type foresight [ways]float64

func (c *course) foresee(d *days, local int64) foresight {
	f := foresight{c.Level, math.NaN(), math.NaN()}
	if median, before, ok := d.usual(local); ok {
		f[daily], f[weekly] = median+c.Off[daily], before+c.Off[weekly]
	}
	return f
}

func (c *course) expect(f *foresight) float64 {
	if x := f[c.Chosen]; !math.IsNaN(x) {
		return x
	}
	return f[plain]
}

// learn takes a value in, of n points before it and with so many points in a
// day, where scale is a usual deviation.
func (c *course) learn(y float64, f *foresight, scale, n, points float64) {
	most := clip * scale
	if n <= 16 || most == 0 {
		most = math.Inf(1)
	}
	gain := 1 / min(n+1, max(levelLeast, min(levelMost, points)))
	for way, expected := range f {
		if math.IsNaN(expected) {
			continue
		}
		c.Foretold[way]++
		off := bound(y-expected, most)
		c.Errors[way] += (math.Abs(off) - c.Errors[way]) / min(c.Foretold[way], errorMemory)
		if way == plain {
			c.Level += gain * off
		} else {
			c.Off[way] += gain * off
		}
	}
	c.choose(points)
}

// choose changes the way if another has been better for a day at least.
func (c *course) choose(points float64) {
	for way := range c.Errors {
		if c.Foretold[way] >= points && c.Errors[way] < better*c.Errors[c.Chosen] {
			c.Chosen = int32(way)
		}
	}
}
