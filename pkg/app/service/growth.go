package service

import "time"

// growth tells by how much a counter has grown of late.
type growth struct {
	marks []mark // oldest first
}

type mark struct {
	at    time.Time
	value uint64
}

// over gives the growth in the last window, to a tenth of it.
func (g *growth) over(window time.Duration, value uint64, now time.Time) uint64 {
	n := len(g.marks)
	if n > 0 && value < g.marks[n-1].value {
		g.marks, n = g.marks[:0], 0 // what is counted has begun anew
	}
	if n == 0 || now.Sub(g.marks[n-1].at) >= window/10 {
		g.marks = append(g.marks, mark{now, value})
	}
	for len(g.marks) > 1 && now.Sub(g.marks[1].at) >= window {
		g.marks = g.marks[1:]
	}
	return value - g.marks[0].value
}
