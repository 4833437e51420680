package watch

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"
)

func TestGapOfRequestsThatComeOneByOne(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var g gap
	const rate = 0.5
	rare, gaps := 0, 0
	for i := range 200_000 {
		if math.Exp(-rate) > rng.Float64() {
			g.grow(int64(i)*minute+1, rate)
			continue
		}
		if gaps++; i > 1000 && g.Expected > 0 && g.chance() <= 1e-3 {
			rare++
		}
		g.end()
	}
	if share := float64(rare) / float64(gaps); share > 2e-3 {
		t.Errorf("a silence of one in a thousand happens %.5f of the time", share)
	}
	for range 40 {
		g.grow(1, rate)
	}
	if g.chance() > 1e-6 {
		t.Errorf("forty times nothing has the chance %v", g.chance())
	}
}

func TestGapOfRequestsThatComeTogether(t *testing.T) {
	var g gap
	for range 50 {
		for range 30 {
			g.grow(1, 1)
		}
		g.end()
	}
	for range 30 {
		g.grow(1, 1)
	}
	if g.chance() < 1e-3 {
		t.Errorf("what happens all the time has the chance %v", g.chance())
	}
}

func TestDiary(t *testing.T) {
	f := func(came func(day, hour int) bool, days, hour int, wantDue, wantMissed bool) {
		t.Helper()
		var d diary
		for i := range days*24 + hour + 2 {
			d.note(i%24, came(i/24, i%24))
		}
		if _, due, missed := d.missed(hour); due != wantDue || missed != wantMissed {
			t.Errorf("due %v, missed %v; want %v, %v", due, missed, wantDue, wantMissed)
		}
	}
	nightly := func(day, hour int) bool { return hour == 2 }
	f(nightly, 10, 2, true, false)
	f(func(day, hour int) bool { return hour == 2 && day < 10 }, 10, 2, true, true)
	f(func(day, hour int) bool { return hour == 2 && day < 10 || hour == 3 && day == 10 }, 10, 2, true, false) // late
	f(func(day, hour int) bool { return hour == 2 && day%3 == 0 }, 10, 2, false, false)
	f(func(day, hour int) bool { return hour == 2 && day%7 == 0 && day < 28 }, 28, 2, true, true)
	f(func(day, hour int) bool { return hour != 2 || day < 10 }, 10, 2, false, false) // it is busy all day
	f(nightly, 3, 2, false, false)
}

func TestDrift(t *testing.T) {
	f := func(course func(day float64) float64, wantFrom, wantTo int) {
		t.Helper()
		rng := rand.New(rand.NewPCG(5, 6))
		var d drift
		found := -1
		for i := range 4 * 40 {
			v := course(float64(i)/4) + 0.1*math.Sin(float64(i)) + 0.02*rng.NormFloat64()
			d.add(i%4, int64(i)*quarterDay, v, 0.01)
			if found < 0 && d.Up.chance() < 1e-6 {
				found = i / 4
			}
		}
		if found < wantFrom || found > wantTo {
			t.Errorf("found on day %d, want %d to %d", found, wantFrom, wantTo)
		}
	}
	f(func(float64) float64 { return 1 }, -1, -1)
	f(func(day float64) float64 { return 1 + 0.03*math.Max(0, day-20) }, 21, 29)
	f(func(day float64) float64 {
		if int(day) == 20 {
			return 1.1 // a bad quarter or two are no drift
		}
		return 1
	}, -1, 20)
}

func TestHabit(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	draw := func(level float64) float64 { return math.Exp(level + 0.5*rng.NormFloat64()) }
	var crowd, one, heavy habit
	for range 5000 {
		crowd.learn(draw(3+0.5*rng.NormFloat64()), crowdMemory)
	}
	rare := 0
	for range 2000 {
		v := draw(3)
		if chance, _, _ := one.chance(&crowd, v); chance < 1e-3 {
			rare++
		}
		one.learn(v, habitMemory)
		heavy.learn(draw(6), habitMemory)
	}
	if rare > 6 {
		t.Errorf("one in a thousand happened %d times in 2,000", rare)
	}
	if chance, expected, upper := one.chance(&crowd, math.Exp(7)); chance > 1e-6 || expected > 40 || upper > 500 {
		t.Errorf("50 times as much: chance %v, expected %v, at most %v", chance, expected, upper)
	}
	if chance, _, _ := heavy.chance(&crowd, math.Exp(7)); chance < 1e-3 {
		t.Errorf("who always does much: chance %v", chance)
	}
	var unknown habit
	if chance, _, _ := unknown.chance(&crowd, math.Exp(8)); chance > 0.01 {
		t.Errorf("nobody does as much as the newcomer: chance %v", chance)
	}
}

func TestTrackPoolsUntilThereAreEnough(t *testing.T) {
	tr := &track{Step: 5}
	points := 0
	for i := range 60 {
		if p, ok := tr.add(2, int64(i)*minute, 0.5, 0.5); ok {
			points++
			if p.Weight < poolLeast || math.Abs(p.Value-0.5) > 1e-9 {
				t.Errorf("point %+v", p)
			}
		}
	}
	if points != 3 {
		t.Errorf("%d points of 30 requests", points)
	}
}

func TestCoderReadsWhatItWrote(t *testing.T) {
	in := []string{"a", "", "c"}
	n, f := int64(-7), math.Inf(1)
	var b bytes.Buffer
	c := &coder{out: &b}
	walk := func(c *coder, in *[]string, n *int64, f *float64) {
		each(c, in, func(s *string) { text(c, s) })
		c.int(n)
		c.float(f)
	}
	walk(c, &in, &n, &f)
	if err := c.end(); err != nil {
		t.Fatal(err)
	}
	body, err := checked(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	var m int64
	var g float64
	r := &coder{in: body}
	walk(r, &out, &m, &g)
	if r.err != nil || len(out) != 3 || out[2] != "c" || m != n || g != f || len(r.in) != 0 {
		t.Errorf("%v %v %v %v", out, m, g, r.err)
	}
	for cut := range body {
		r := &coder{in: body[:cut]}
		walk(r, &out, &m, &g)
		if r.err == nil {
			t.Errorf("%d of %d bytes were taken", cut, len(body))
		}
	}
}
