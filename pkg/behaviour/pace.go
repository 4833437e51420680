package behaviour

import (
	"fmt"
	"math"
	"slices"
)

// gapsLooked is how many pauses are looked at together.
const gapsLooked = 16

// Pauses that are looked at, in seconds: shorter ones are those of a page that
// loads, longer ones of somebody who was away.
const (
	leastGap = 1.5
	mostGap  = 900
	// coarse is what logs that tell whole seconds make of a pause.
	coarse = 0.3
)

// pace watches how regularly a browser turns to pages that are new to it. What
// is asked for again and again is a page that keeps itself up to date.
func (p *pass) pace(r *record, a *actor, fresh bool) {
	if a.crowd != browsers || r.crowd != browsers || !fresh || a.turnAt == 0 {
		return
	}
	gap := float64(r.time-a.turnAt) / 1e9
	if gap < leastGap || gap > mostGap {
		return
	}
	a.gaps[a.gapped] = float32(gap)
	if a.gapped++; a.gapped < gapsLooked {
		return
	}
	a.gapped = 0
	p.paced(r, a)
}

// clockwork is how regular pauses have to be.
const clockwork = 4

// paced looks at the pauses. What is regular again and again adds up.
func (p *pass) paced(r *record, a *actor) {
	o := p.observer
	place := o.sites.find(a.site)
	if place < 0 || !a.alone() {
		return
	}
	median, regular := regularity(a.gaps)
	known := &o.sites.at(place).crowds[browsers].clock
	defer known.learn(regular, a.weightOf(pace))
	if float64(known.n) < float64(o.limits.Peers) || regular < clockwork {
		return
	}
	a.watch.paces, a.watch.paced = min(a.watch.paces+1, 200), a.watch.paced-float32(math.Log(known.tail(regular)))
	looks := float64(a.watch.paces)
	if !p.wanted(a, pace, looks) {
		return
	}
	chance := sumOfLooks(looks, float64(a.watch.paced))
	if !p.judge(a, pace, looks, chance, p.rare()) {
		return
	}
	p.say(pace, r, a, look{
		chance: chance, seen: regular, series: "regularity of turning to new pages at " + p.siteName(r), unit: "pauses to their deviation",
		reason: fmt.Sprintf("A browser turned to %.0f new pages in %s, the last ones %.1f seconds apart, off by %.0f %%",
			looks*gapsLooked, since(a, r), median, 100/regular),
	}.among(known))
}

// weightOf is that of what a window tells about what is ordinary: less, once a
// detector has spoken.
func (w *watch) weightOf(d detector) float32 {
	if w.told[d] > 0 {
		return 0.25
	}
	return 1
}

// regularity of pauses: how often their deviation goes into them, less for who
// has more short ones than long ones, as people have; by quartiles, as nothing
// that is far off is to count.
func regularity(gaps [gapsLooked]float32) (median, regular float64) {
	slices.Sort(gaps[:])
	const n = gapsLooked
	median = middle(gaps[:])
	low, high := middle(gaps[:n/2]), middle(gaps[n/2:])
	skew := 0.0
	if high > low {
		skew = math.Abs((low + high - 2*median) / (high - low))
	}
	for i, g := range gaps {
		gaps[i] = float32(math.Abs(float64(g) - median))
	}
	slices.Sort(gaps[:])
	return median, median / (middle(gaps[:]) + coarse*math.Min(1, median/10)) * (1 - skew/2)
}

// middle of sorted numbers, of which there is an even count.
func middle(sorted []float32) float64 {
	return float64(sorted[len(sorted)/2-1]+sorted[len(sorted)/2]) / 2
}
