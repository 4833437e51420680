package slow

import (
	"fmt"
	"math"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

const (
	minDays     = 3    // on which a walk goes on
	minObjects  = 12   // before anybody is said to walk
	minWalkers  = 3    // others on a route, before steps are compared
	usualSmall  = 0.05 // of steps are small where nothing is known of a route …
	usualSteps  = 20   // … which counts as so many seen
	leastSmall  = 0.02
	mostForeign = 0.5 // of objects that others hold, where each has its own
	mostMissed  = 0.5 // of requests that find nothing or are refused
)

// enumerated tells of objects walked through in order, or of more of others'
// objects than anybody has to do with.
func enumerated(w *window, actor int) *suspicion {
	var worst *suspicion
	for route, view := range w.routes {
		v := view.of(actor)
		if v == nil || v.days < minDays || len(v.objects) < minObjects {
			continue
		}
		for _, s := range []*suspicion{walked(w, route, view, v), foreign(route, view, v)} {
			worst = rarer(worst, s)
		}
	}
	return worst
}

// rarer gives the less likely of two, by the name of the series if they are
// alike.
func rarer(a, b *suspicion) *suspicion {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	case a.statistic.Probability == b.statistic.Probability && a.statistic.Series < b.statistic.Series:
		return a
	case a.statistic.Probability <= b.statistic.Probability && a.statistic.Series != b.statistic.Series:
		return a
	}
	return b
}

// walked looks at the steps from one object to the next. How often one is small
// by chance is what others on the route show.
func walked(w *window, route string, view *routeView, v *visits) *suspicion {
	if len(view.visits) <= minWalkers || len(v.numbers) < minObjects || follows(view, v) {
		return nil
	}
	others, small := view.steps-v.steps, view.small-v.small
	usual := (float64(small) + usualSmall*usualSteps) / float64(others+usualSteps)
	usual = max(usual, leastSmall)
	p := binomial(v.small, v.steps, usual)
	return &suspicion{
		route: &v.last,
		title: fmt.Sprintf("Objects of %s are walked through over %s", named(route), inDays(v.days)),
		reason: fmt.Sprintf("%d of %d steps from one object to the next are one stride of %d or a few, over %s, %d objects in all; of the others' steps %.0f%% are",
			v.small, v.steps, v.stride(), inDays(v.days), len(v.numbers), 100*usual),
		statistic: finding.Statistic{
			Series: "small steps between objects of " + named(route), Unit: "steps",
			Expected: usual * float64(v.steps), Upper: hardlyOver(v.steps, usual), Seen: float64(v.small), Probability: p, Parts: partsOf(route),
		},
	}
}

// hardlyOver is what one in a hundred exceeds, of so many tries.
func hardlyOver(n int, p float64) float64 {
	mean := float64(n) * p
	return math.Ceil(mean + 2.33*math.Sqrt(mean*(1-p)))
}

// follows tells whether most of an actor's objects were newer than all that
// others had asked for: who handles what comes in walks as well.
func follows(view *routeView, v *visits) bool {
	fresh := 0
	for _, n := range v.numbers {
		if n.n >= view.newest[n.day].without(v.actor) {
			fresh++
		}
	}
	return 2*fresh >= len(v.numbers) && v.missing() < mostMissed
}

// foreign looks at how many objects there are, where each actor has its own and
// these are others', or are not there.
func foreign(route string, view *routeView, v *visits) *suspicion {
	shared, missed := view.held(v, 2), v.missing()
	if view.public || shared < mostForeign && missed < mostMissed {
		return nil
	}
	return &suspicion{
		route: &v.last,
		title: fmt.Sprintf("%.0f objects of %s, most of them not its own, over %s", v.distinct, named(route), inDays(v.days)),
		reason: fmt.Sprintf("about %.0f objects over %s, where others have %.0f; %.0f%% of them are in use by others, and %.0f%% of the requests were refused or found nothing",
			v.distinct, inDays(v.days), view.breadth.median(), 100*shared, 100*missed),
		statistic: finding.Statistic{
			Series: "objects of " + named(route), Unit: "objects",
			Expected: view.breadth.median(), Upper: view.breadth.upper(), Seen: v.distinct, Probability: view.breadth.above(v.distinct), Parts: partsOf(route),
		},
	}
}

func named(route string) string {
	if route == "" {
		return "paths without a route"
	}
	return route
}

func partsOf(route string) []finding.Part {
	return []finding.Part{{Kind: string(finding.Route), Value: named(route), Share: 1}}
}
