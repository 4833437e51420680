package slow

import (
	"fmt"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

const (
	minCovered = 60  // objects, before anybody is said to fetch all
	mostCover  = 0.1 // of all objects that are known of a route
	minPages   = 20  // in a row
	mostGaps   = 0.2 // of the pages up to the last one
	largePage  = 1000
)

// scraped tells of who covers what there is, or goes through its pages.
func scraped(w *window, actor int) *suspicion {
	var worst *suspicion
	for route, view := range w.routes {
		v := view.of(actor)
		if v == nil {
			continue
		}
		worst = rarer(rarer(worst, covered(route, view, v)), paged(route, view, v))
	}
	return worst
}

// covered looks at the share of a public route's objects.
func covered(route string, view *routeView, v *visits) *suspicion {
	share := v.distinct / max(v.distinct, float64(len(view.holders)))
	if !view.public || v.days < minDays || v.distinct < minCovered || share < mostCover {
		return nil
	}
	return &suspicion{
		route: &v.last,
		title: fmt.Sprintf("%.0f objects of %s fetched over %s", v.distinct, named(route), inDays(v.days)),
		reason: fmt.Sprintf("about %.0f objects over %s, %.0f%% of those that are in use; others fetch %.0f, and hardly one above %.0f",
			v.distinct, inDays(v.days), 100*share, view.breadth.median(), view.breadth.upper()),
		statistic: finding.Statistic{
			Series: "objects of " + named(route), Unit: "objects",
			Expected: view.breadth.median(), Upper: view.breadth.upper(), Seen: v.distinct, Probability: view.breadth.above(v.distinct), Parts: partsOf(route),
		},
	}
}

// paged looks at the pages of a list: nearly all of them, from the first on.
func paged(route string, view *routeView, v *visits) *suspicion {
	n := len(v.pages)
	if n < minPages || v.pages[0] > v.pages[1]-v.pages[0]+1 {
		return nil
	}
	stride := v.pages[1] - v.pages[0]
	whole := float64(v.pages[n-1]-v.pages[0])/float64(max(1, stride)) + 1
	if stride > largePage || float64(n) < (1-mostGaps)*whole {
		return nil
	}
	return &suspicion{
		route: &v.last,
		title: fmt.Sprintf("%d pages of %s walked through over days", n, named(route)),
		reason: fmt.Sprintf("pages %d to %d of the list, %d of them; others open %.0f, and hardly one above %.0f",
			v.pages[0], v.pages[n-1], n, view.pages.median(), view.pages.upper()),
		statistic: finding.Statistic{
			Series: "pages of " + named(route), Unit: "pages",
			Expected: view.pages.median(), Upper: view.pages.upper(), Seen: float64(n), Probability: view.pages.above(float64(n)), Parts: partsOf(route),
		},
	}
}
