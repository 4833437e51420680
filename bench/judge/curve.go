package main

import (
	"cmp"
	"slices"
)

// areaPR is the area under the curve of point-wise precision over recall
// (average precision) as the threshold falls; points with the same score are
// flagged together. It is 0 where nothing is labelled.
func areaPR(s set, said []verdicts) float64 {
	type point struct {
		score float64
		event bool
	}
	var points []point
	labelled := 0
	for i, f := range s.files {
		from := len(points)
		for _, score := range said[i].scores {
			points = append(points, point{score: score})
		}
		for _, e := range f.events {
			for j := max(e.from, f.probation); j <= e.to; j++ {
				points[from+j].event = true
				labelled++
			}
		}
		points = slices.Delete(points, from, from+f.probation)
	}
	slices.SortFunc(points, func(a, b point) int { return cmp.Compare(b.score, a.score) })
	area, hits, counted := 0.0, 0, 0
	for i, p := range points {
		if p.event {
			hits++
		}
		if i+1 == len(points) || points[i+1].score != p.score {
			area += float64(hits-counted) / float64(max(1, labelled)) * float64(hits) / float64(i+1)
			counted = hits
		}
	}
	return area
}
