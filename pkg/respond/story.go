package respond

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/evidence"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Bounds of stories.
const (
	maxStories = 8  // of one actor
	maxLasting = 16 // of one story
	// lastingFor is how long something that lasts is believed to without
	// another word of it: its end may have been lost with a process.
	lastingFor = 3 * time.Hour
)

// Story is what people are told of an actor in one alert. All that a person or
// client does is one story; each family of trouble of a place is one.
type Story struct {
	Family  finding.Family `json:"family,omitempty"` // of a place's story
	Tier    finding.Tier   `json:"tier"`
	Rule    string         `json:"rule,omitempty"` // the name of the rule that made the tier
	Reasons []string       `json:"reasons,omitempty"`
	Touched time.Time      `json:"touched"` // when evidence came in last, by our clock
	// Lasting are the ids of findings that last, with when they were last told.
	Lasting map[string]time.Time `json:"lasting,omitempty"`
	// Ended: what lasted is over, and nothing else has been found since.
	Ended bool `json:"ended,omitempty"`
	// Other is when something came in last that has no end: the story is not
	// over with what lasted beside it.
	Other time.Time    `json:"other,omitzero"`
	Alert *activeAlert `json:"alert,omitempty"`
}

// storyOf is the family of the story that a finding belongs to.
func (a *Actor) storyOf(f *finding.Finding) finding.Family {
	if a.Actor.Kind.Place() {
		return f.Family
	}
	return ""
}

// story gives the story that a finding belongs to, and begins it.
func (a *Actor) story(f *finding.Finding) *Story {
	if st := a.lastingIn(f.ID); st != nil {
		return st // what lasts may be called something else by and by
	}
	family := a.storyOf(f)
	for i := range a.Stories {
		if a.Stories[i].Family == family || i == maxStories-1 {
			return &a.Stories[i]
		}
	}
	a.Stories = append(a.Stories, Story{Family: family})
	return &a.Stories[len(a.Stories)-1]
}

// goesOn gives the story that a finding belongs to, or nil when it is over.
func (a *Actor) goesOn(f *finding.Finding) *Story {
	if st := a.lastingIn(f.ID); st != nil {
		return st
	}
	i := slices.IndexFunc(a.Stories, func(st Story) bool { return st.Family == a.storyOf(f) })
	if i < 0 {
		return nil
	}
	return &a.Stories[i]
}

// lastingIn gives the story in which a finding lasts, or nil.
func (a *Actor) lastingIn(id string) *Story {
	for i := range a.Stories {
		if _, ok := a.Stories[i].Lasting[id]; ok {
			return &a.Stories[i]
		}
	}
	return nil
}

// told tells whether there is an alert about the actor.
func (a *Actor) told() bool {
	return slices.ContainsFunc(a.Stories, func(st Story) bool { return st.Alert != nil })
}

// alerts lists those about the actor.
func (a *Actor) alerts() []activeAlert {
	var list []activeAlert
	for i := range a.Stories {
		if alert := a.Stories[i].Alert; alert != nil {
			list = append(list, *alert)
		}
	}
	return list
}

// orphaned lists them with what their ends are to say.
func (a *Actor) orphaned() []activeAlert {
	for i := range a.Stories {
		if alert := a.Stories[i].Alert; alert != nil {
			alert.Summary = summary(a.Actor, &a.Stories[i])
		}
	}
	return a.alerts()
}

// raise takes what a policy says of a new finding.
func (st *Story) raise(r evidence.Ruling, title string) {
	if r.Tier > st.Tier {
		st.Tier, st.Rule = r.Tier, r.Rule
	}
	st.because(title)
	if why := r.Reason(); why != "" {
		st.becauseOf(r.Rule, why)
	}
}

func (st *Story) because(why string) {
	if !slices.Contains(st.Reasons, why) && len(st.Reasons) < maxReasons {
		st.Reasons = append(st.Reasons, why)
	}
}

// becauseOf is because for what a rule says, in place of what it said before.
func (st *Story) becauseOf(rule, why string) {
	i := slices.IndexFunc(st.Reasons, func(s string) bool { return strings.HasPrefix(s, rule+": ") })
	if i < 0 {
		st.because(why)
		return
	}
	st.Reasons[i] = why
}

// follow notes whether what was found lasts.
func (st *Story) follow(f *finding.Finding, now time.Time) {
	switch {
	case !lasts(f):
		st.Ended, st.Other = false, now
	case f.Statistic.Until.IsZero():
		if st.Lasting == nil {
			st.Lasting = map[string]time.Time{}
		}
		if _, known := st.Lasting[f.ID]; known || len(st.Lasting) < maxLasting {
			st.Lasting[f.ID] = now
		}
		st.Ended = false
	default:
		_, lasted := st.Lasting[f.ID]
		delete(st.Lasting, f.ID)
		st.Ended = lasted && len(st.Lasting) == 0
	}
}

// lasts tells whether what was found has an end, which is told.
func lasts(f *finding.Finding) bool {
	if f.Statistic == nil {
		return false
	}
	switch f.Statistic.Shape {
	case finding.Behaviour, finding.Single, finding.First:
		return false
	}
	return true
}

// isOver tells whether what was found is over.
func isOver(f *finding.Finding) bool { return f.Statistic != nil && !f.Statistic.Until.IsZero() }

// endOf is what is over as evidence: of when it was seen last, not of when it
// was told to be over.
func endOf(f *finding.Finding) *finding.Finding {
	end := *f
	if f.Statistic.Until.Before(f.Time) {
		end.Time = f.Statistic.Until
	}
	return &end
}

// lasting tells whether something of the story goes on.
func (st *Story) lasting(now time.Time) bool {
	for _, at := range st.Lasting {
		if now.Sub(at) < lastingFor {
			return true
		}
	}
	return false
}

// over tells whether nothing has come for a while, or what lasted has ended.
func (st *Story) over(after time.Duration, now time.Time) bool {
	return st.Ended && now.Sub(st.Other) >= after || now.Sub(st.Touched) >= after && !st.lasting(now)
}

func (st *Story) clone() Story {
	c := *st
	c.Reasons, c.Lasting = slices.Clone(st.Reasons), maps.Clone(st.Lasting)
	if st.Alert != nil {
		alert := *st.Alert
		c.Alert = &alert
	}
	return c
}
