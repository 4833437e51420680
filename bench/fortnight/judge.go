package main

import (
	"slices"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// told is one finding, as the ledger took it.
type told struct {
	at     int64 // when it could be told, by the end of what was looked at
	rule   string
	family finding.Family
	actor  string
	title  string
	reason string
	before finding.Tier // of the actor
	tier   finding.Tier // of the actor, with it
	// statistical: by a baseline or behaviour, and not by a rule or decoy.
	statistical bool
	since       int64 // of a statistical one: when what it tells of began
}

// outcome is what became of an incident.
type outcome struct {
	Name    string        `json:"name"`
	Shape   finding.Shape `json:"shape"`
	Begins  time.Time     `json:"begins"`
	Found   bool          `json:"found"`
	After   time.Duration `json:"after_ns"` // from its beginning to the first finding
	Due     finding.Tier  `json:"due"`
	Tier    finding.Tier  `json:"tier"` // the highest that it reached
	By      string        `json:"by"`   // rule and subject of the first finding
	Finding int           `json:"findings"`
}

// report is what the weeks came to.
type report struct {
	Seed     uint64    `json:"seed"`
	Requests int64     `json:"requests"`
	Seconds  float64   `json:"seconds"`
	Days     int       `json:"days"`
	Budget   float64   `json:"budget"` // alerts a day
	Outcomes []outcome `json:"incidents"`
	// FalseLogs and FalseInterruptions are what was told of no incident, by
	// statistics: at the tier log, and at notify or page.
	FalseLogs          int `json:"false_logs"`
	FalseInterruptions int `json:"false_interruptions"`
	// Beside is what was told, while an incident lasted, of places and people
	// that are none of its subjects: what it did to others, or chance.
	Beside     int      `json:"beside"`
	BeforeLogs int      `json:"before_logs"` // what was told of nothing in the weeks before
	Learning   string   `json:"learning"`
	False      []string `json:"false"`
	Told       []string `json:"-"`
}

// judge holds what was told against what was planted.
func judge(w *world, plan []incident, all []told, o options) report {
	r := report{Seed: o.seed, Days: o.days, Budget: o.budget}
	matched := make([]bool, len(all))
	for i := range plan {
		r.Outcomes = append(r.Outcomes, outcomeOf(&plan[i], all, matched))
	}
	slices.SortFunc(r.Outcomes, func(a, b outcome) int { return a.Begins.Compare(b.Begins) })
	for i := range all {
		t := &all[i]
		r.Told = append(r.Told, t.String())
		if matched[i] || !t.statistical || t.before >= t.tier {
			continue // one alert an actor: only what raises its tier is an alert
		}
		switch {
		case t.at < w.from:
			r.BeforeLogs++
			continue
		case during(plan, t):
			r.Beside++
			continue
		case t.tier > finding.Log:
			r.FalseInterruptions++
		default:
			r.FalseLogs++
		}
		r.False = append(r.False, t.String())
	}
	return r
}

// during tells whether what is told began while an incident lasted, within the
// minutes by which that is known.
func during(plan []incident, t *told) bool {
	return slices.ContainsFunc(plan, func(i incident) bool {
		return t.since >= i.from-hour && t.since < i.until && t.at <= i.until+grace
	})
}

// outcomeOf tells what became of an incident, and marks what was told of it.
func outcomeOf(i *incident, all []told, matched []bool) outcome {
	out := outcome{Name: i.Name, Shape: i.Shape, Begins: time.Unix(0, i.from).UTC(), Due: i.due}
	for n := range all {
		t := &all[n]
		if t.at < i.from || t.at > i.until+grace || !i.about(t.actor) {
			continue
		}
		matched[n] = true // a side effect of it, at worst
		if !slices.Contains(i.families, t.family) {
			continue
		}
		if !out.Found {
			out.Found, out.After, out.By = true, time.Duration(t.at-i.from), t.rule+" "+t.actor
		}
		out.Tier = max(out.Tier, t.tier)
		out.Finding++
	}
	return out
}

// about tells whether a finding's subject is one of an incident's. One that
// ends in a dot is the beginning of an address.
func (i *incident) about(actor string) bool {
	return slices.ContainsFunc(i.subjects, func(s string) bool {
		if strings.HasSuffix(s, ":") {
			return false // a visitor without such a name
		}
		return actor == s || (strings.HasSuffix(s, ".") || strings.HasPrefix(s, "network:")) && strings.HasPrefix(actor, s)
	})
}

func (t *told) String() string {
	return time.Unix(0, t.at).UTC().Format("2006-01-02 15:04") + " " + t.tier.String() + " " + t.rule + " " + t.actor + ": " + t.title + " | " + t.reason
}
