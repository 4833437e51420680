package watch

import (
	"math"
	"math/bits"
	"time"

	"github.com/honeymoat/honeymoat/pkg/baseline"
	"github.com/honeymoat/honeymoat/pkg/baseline/series"
)

// A track follows one measure of one place, at one pace.
type track struct {
	model   *baseline.Model
	mine    uint64 // the state that was frozen last when nobody else had the model
	Step    int32  // minutes of a look
	Covered int32  // minutes that were pooled for the next one
	Bucket  int64  // number of the step that is being pooled
	Total   float64
	Weight  float64
	Carried int32 // steps that had too few requests to be looked at

	High, Low uint16 // whether the last looks were off this way, the last one in bit 0

	At     int64   // when the last look ended
	Excess float32 // of it, a minute, in a unit that adds up over places

	record record
}

const (
	poolLeast   = 10 // requests that a share or mean needs
	poolFew     = 3  // are better than none
	poolCarried = 4  // steps after which few are taken
	offLook     = 0.01
	recentLooks = 10
)

func newTrack(m series.Measure, step int32, o *Options, prior *baseline.Prior) *track {
	t := &track{Step: step}
	t.model = baseline.New(modelOptions(m, step, o, prior))
	return t
}

func modelOptions(m series.Measure, step int32, o *Options, prior *baseline.Prior) baseline.Options {
	interval := time.Duration(step) * time.Minute
	learn := o.MinLearning
	if step == 60 {
		learn *= 7
	}
	return baseline.Options{
		Kind: m.Kind(), Interval: interval, Location: o.Location, Prior: prior,
		WarmUp: max(24, int(learn/interval)),
	}
}

// pace is that of the track's looks.
func (t *track) pace() cadence {
	if t.Step == 60 {
		return hourly
	}
	return fast
}

// expect is what a count is expected to be in a minute; 0 while it is learnt.
func (t *track) expect(at int64) float64 {
	expected, _, _, ok := t.model.Expect(at)
	if !ok {
		return 0
	}
	return expected / float64(t.Step)
}

func (t *track) length() int64 { return int64(t.Step) * minute }

// add takes in a minute, and gives the point that it completes.
func (t *track) add(m series.Measure, start int64, v, weight float64) (baseline.Point, bool) {
	if b := start / t.length(); b != t.Bucket {
		t.next(b)
	}
	t.Covered++
	if !math.IsNaN(v) {
		t.pool(m, v, weight)
	}
	if (start+minute)%t.length() != 0 {
		return baseline.Point{}, false
	}
	return t.point(m, start)
}

// next begins another step. What was pooled for the one before is carried on,
// or lost where the minute that completes it never came.
func (t *track) next(bucket int64) {
	if t.Covered > 0 {
		t.clear()
	}
	t.Bucket = bucket
}

func (t *track) clear() { t.Total, t.Weight, t.Covered, t.Carried = 0, 0, 0, 0 }

func (t *track) pool(m series.Measure, v, weight float64) {
	switch {
	case m.Kind() == baseline.Count:
		weight = 1
	case sortOf(m) == slow:
		v = math.Log(math.Max(v, 1e-6))
	}
	t.Total += v * weight
	t.Weight += weight
}

// point is the step that ends with a minute.
func (t *track) point(m series.Measure, start int64) (baseline.Point, bool) {
	p := baseline.Point{Time: start + minute - t.length(), Weight: t.Weight}
	if m.Kind() == baseline.Count {
		// Minutes of which nothing was told are taken for as busy as the others.
		p.Value = t.Total * float64(t.Step) / math.Max(t.Weight, 1)
		p.Weight = 1
		enough := t.Weight*2 > float64(t.Step)
		t.clear()
		return p, enough
	}
	if t.Weight < poolLeast && t.Carried < poolCarried {
		t.Carried++
		t.Covered = 0
		return p, false
	}
	p.Value = t.Total / t.Weight
	if sortOf(m) == slow {
		p.Value = math.Exp(p.Value)
	}
	enough := t.Weight >= poolFew
	t.clear()
	return p, enough
}

// note keeps by how much a point was off.
func (t *track) note(m series.Measure, p baseline.Point, v *baseline.Verdict) {
	if v.Learning || math.IsNaN(v.Expected) {
		t.At = 0
		return
	}
	off := (p.Value - v.Expected) / float64(t.Step)
	if m.Kind() != baseline.Count {
		off *= p.Weight
	}
	t.At, t.Excess = p.Time+t.length(), float32(off)
}

// off notes whether a look was off, and gives the chance that so many of the
// last ones were, this way, for no reason. Looks that follow each other are
// alike: its square root is taken for that.
func (t *track) off(chance float64, high bool) float64 {
	up, down := uint16(0), uint16(0)
	if chance <= offLook {
		if high {
			up = 1
		} else {
			down = 1
		}
	}
	t.High, t.Low = t.High<<1|up, t.Low<<1|down
	mine := t.Low
	if high {
		mine = t.High
	}
	k := bits.OnesCount16(mine & (1<<recentLooks - 1))
	if k < 4 || up+down == 0 {
		return 1
	}
	return math.Sqrt(choose(recentLooks, k) * math.Pow(offLook, float64(k)))
}

func choose(n, k int) float64 {
	c := 1.0
	for i := range k {
		c *= float64(n-i) / float64(i+1)
	}
	return c
}

func (t *track) code(c *coder, m series.Measure, o *Options) {
	whole(c, &t.Step)
	whole(c, &t.Covered)
	c.int(&t.Bucket)
	c.float(&t.Total)
	c.float(&t.Weight)
	whole(c, &t.Carried)
	whole(c, &t.High)
	whole(c, &t.Low)
	c.int(&t.At)
	c.small(&t.Excess)
	t.record.code(c)
	t.codeModel(c, m, o)
}

func (t *track) codeModel(c *coder, m series.Measure, o *Options) {
	if c.writing() {
		c.model(t.model)
		return
	}
	var data []byte
	if c.bytes(&data); c.err != nil {
		return
	}
	if t.Step <= 0 || t.Step > 60 {
		c.fail()
		return
	}
	model, err := baseline.Restore(modelOptions(m, t.Step, o, nil), data)
	if err != nil {
		model = baseline.New(modelOptions(m, t.Step, o, nil)) // of another version: learnt anew
	}
	t.model = model
}
