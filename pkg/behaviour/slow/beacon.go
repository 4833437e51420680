package slow

import (
	"fmt"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

const (
	minGaps     = 24
	shortestGap = 5 // minutes: what is faster is the stream's
	tolerance   = 0.1
	// sameByChance is the share of gaps within the tolerance of their median
	// when requests come by chance: e^(-0.9 ln 2) - e^(-1.1 ln 2), and what
	// minutes round is added.
	sameByChance = 0.09
	mostBeacons  = 0.05 // of peers: above it, that is how one uses the API
	asBrowser    = 0.8  // of requests, that a person is expected behind
	// mostlyRegular is from which share of gaps on somebody is taken for a
	// program.
	mostlyRegular = 0.6
)

// beacon tells of requests at regular gaps by what claims to be a browser.
func beacon(w *window, actor int) *suspicion {
	h := w.actors[actor]
	if !browses(h) || w.peers[group(h.actor().Kind)].beacons > mostBeacons {
		return nil
	}
	r := rhythmOf(h)
	if !r.known() || float64(r.same) < mostlyRegular*float64(r.gaps) {
		return nil
	}
	return &suspicion{
		title: fmt.Sprintf("A request every %s for %s", time.Duration(r.median)*time.Minute, inDays(r.days)),
		reason: fmt.Sprintf("%d of %d gaps between requests are within a tenth of %s, on %s, day and night; by chance it is one in ten",
			r.same, r.gaps, time.Duration(r.median)*time.Minute, inDays(r.days)),
		statistic: finding.Statistic{
			Series: "regular gaps", Unit: "gaps", Expected: sameByChance * float64(r.gaps), Upper: hardlyOver(r.gaps, sameByChance), Seen: float64(r.same),
			Probability: binomial(r.same, r.gaps, sameByChance),
		},
	}
}

// browses tells whether a person is expected behind an actor.
func browses(h history) bool {
	acts := h.sum(func(d *ActorDay) int64 { return d.Acts })
	browsers := h.sum(func(d *ActorDay) int64 { return d.Browsers })
	return acts > 0 && float64(browsers) >= asBrowser*float64(acts)
}

// rhythm is how regular the gaps are between the minutes with requests.
type rhythm struct {
	days, gaps, same int
	median           int64 // minutes
}

func (r rhythm) known() bool {
	return r.days >= minDays && r.gaps >= minGaps && r.median >= shortestGap
}

// rhythmOf measures an actor's gaps; those that a day without a record makes
// count as well.
func rhythmOf(h history) rhythm {
	var at []int64
	r := rhythm{}
	for i := range h {
		d := &h[i]
		if d.Minutes == nil {
			return rhythm{}
		}
		if len(d.Minutes) > 0 {
			r.days++
		}
		for _, m := range d.Minutes {
			at = append(at, int64(d.Day)*24*60+int64(m))
		}
	}
	if len(at) < 2 {
		return r
	}
	gaps := make([]int64, len(at)-1)
	for i := range gaps {
		gaps[i] = at[i+1] - at[i]
	}
	slices.Sort(gaps)
	r.gaps, r.median = len(gaps), gaps[len(gaps)/2]
	within := max(1, int64(tolerance*float64(r.median)))
	for _, g := range gaps {
		if g >= r.median-within && g <= r.median+within {
			r.same++
		}
	}
	return r
}

// regular tells whether an actor is regular, and whether it is one of whom that
// would be told.
func regular(h history) (found, looked bool) {
	if !browses(h) {
		return false, false
	}
	r := rhythmOf(h)
	return float64(r.same) >= mostlyRegular*float64(r.gaps), r.known()
}
