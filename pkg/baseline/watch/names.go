package watch

import (
	"github.com/honeymoat/honeymoat/pkg/baseline"
	"github.com/honeymoat/honeymoat/pkg/baseline/series"
)

// whereOf names a series, for people.
func whereOf(k *series.Key) string {
	switch k.Dimension {
	case series.Whole:
		return series.WholeName
	case series.Route:
		return k.Name
	case series.API:
		return "API " + k.Name
	case series.Principal:
		return k.Name
	}
	return k.Dimension.String() + " " + k.Name
}

// SeriesName names a measure of a series, for people.
func SeriesName(k *series.Key, m series.Measure) string { return m.String() + " of " + whereOf(k) }

// unitOf is the unit of what a look saw.
func unitOf(l *look) string {
	switch {
	case l.test == bySize, l.test == byHabit && l.measure == series.ResponseBytes:
		return "bytes"
	case l.test == bySilence, l.test == byFirst, l.test == byDiary:
		return "requests"
	case l.test == byEarly && !l.high:
		return "requests"
	case l.test == byHabit && l.measure == series.ClientErrors:
		return "errors an hour"
	}
	if l.measure.Kind() != baseline.Count {
		return l.measure.Unit()
	}
	return countOf(l.measure) + per(l.step)
}

func countOf(m series.Measure) string {
	switch m {
	case series.Paths:
		return "paths"
	case series.Objects:
		return "objects"
	case series.Principals:
		return "principals"
	case series.Addresses:
		return "addresses"
	}
	return "requests"
}

func per(step int64) string {
	switch step {
	case minute:
		return " a minute"
	case 5 * minute:
		return " in 5 minutes"
	case 15 * minute:
		return " in 15 minutes"
	}
	return " an hour"
}
