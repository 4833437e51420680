package replay

import (
	"cmp"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Anomaly is what was not as it should be: where, since when, what was expected
// and what was seen, how rare that is, and what carries it.
type Anomaly struct {
	Time   time.Time     `json:"time"` // when it was found
	Rule   string        `json:"rule"`
	Tier   finding.Tier  `json:"tier"`
	Actor  finding.Actor `json:"actor"` // or the place
	Title  string        `json:"title"`
	Reason string        `json:"reason"` // all of it in words
	File   string        `json:"file,omitempty"`
	Line   int64         `json:"line,omitempty"` // 1-based; none = no line triggered it
	finding.Statistic
}

// maxAnomalies bounds how many are remembered.
const maxAnomalies = 1000

// anomalies remembers them. One that is told again, as it grows or ends, stands
// as it was told last.
type anomalies struct {
	list []Anomaly
	byID map[string]int
}

func (a *anomalies) add(f *finding.Finding) {
	if f.Statistic == nil {
		return
	}
	at, known := a.byID[f.ID]
	if !known && len(a.list) == maxAnomalies {
		return
	}
	told := Anomaly{
		Time: f.Time, Rule: f.Rule, Tier: f.Tier, Actor: f.Actor, Title: f.Title, Reason: f.Reason,
		File: f.Sighting.File, Line: f.Sighting.Line, Statistic: *f.Statistic,
	}
	if known {
		a.list[at] = told
		return
	}
	if a.byID == nil {
		a.byID = map[string]int{}
	}
	a.byID[f.ID] = len(a.list)
	a.list = append(a.list, told)
}

// sorted are all, by the time since when; never nil.
func (a *anomalies) sorted() []Anomaly {
	list := append([]Anomaly{}, a.list...)
	slices.SortStableFunc(list, func(x, y Anomaly) int {
		return cmp.Or(x.Since.Compare(y.Since), x.Time.Compare(y.Time))
	})
	return list
}
