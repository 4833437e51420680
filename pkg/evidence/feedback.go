package evidence

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"gonum.org/v1/gonum/mathext"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// maxVotes bounds what is remembered of feedback; the oldest goes first.
const maxVotes = 5_000

// doubt is how many words for and against a rule it takes in advance: the
// fewer there are, the less one word moves.
const doubt = 2

// oneSays is how much of one analyst's words counts, each way: it takes a second
// one to move a rule so far that its notify is none.
const oneSays = 6

// Subject is what feedback is about: a rule's findings about a kind of actor.
type Subject struct {
	Rule string            `json:"rule"`
	Kind finding.ActorKind `json:"kind"`
}

// Vote is an analyst's word that a finding was right, or was none. Of one ID
// and Subject there is one.
type Vote struct {
	ID string `json:"id"` // of the finding that was kept, or of the discard
	Subject
	Keep   bool      `json:"keep"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitempty"`
}

// Opinion is what feedback comes to for one subject.
type Opinion struct {
	Subject
	Keeps    float64   `json:"keeps"` // faded
	Discards float64   `json:"discards"`
	Shift    float64   `json:"shift"` // nats by which findings weigh more, or less
	Last     time.Time `json:"last"`
}

// Feedback is what analysts said of rules. Make it with NewFeedback.
type Feedback struct {
	scale *Scale
	votes []Vote // in the order in which they came
	about map[Subject][]int
}

// NewFeedback makes one that is empty. It fades as the scale says.
func NewFeedback(s *Scale) *Feedback { return &Feedback{scale: s, about: map[Subject][]int{}} }

// Rescale has it fade as another scale says.
func (f *Feedback) Rescale(s *Scale) { f.scale = s }

// Add takes a vote. It tells whether that is news.
func (f *Feedback) Add(v Vote) bool {
	if slices.ContainsFunc(f.about[v.Subject], func(i int) bool { return f.votes[i].ID == v.ID }) {
		return false
	}
	f.votes = append(f.votes, v)
	if len(f.votes) > maxVotes {
		f.keep(f.votes[1:])
	} else {
		f.about[v.Subject] = append(f.about[v.Subject], len(f.votes)-1)
	}
	return true
}

// Remove takes the votes of an id back, and gives them.
func (f *Feedback) Remove(id string) []Vote {
	return f.remove(func(v Vote) bool { return v.ID == id })
}

// remove takes back the votes that match.
func (f *Feedback) remove(match func(Vote) bool) []Vote {
	var gone, left []Vote
	for _, v := range f.votes {
		if match(v) {
			gone = append(gone, v)
		} else {
			left = append(left, v)
		}
	}
	if len(gone) > 0 {
		f.keep(left)
	}
	return gone
}

// Redact puts a word in place of the reasons that name somebody, and counts
// them.
func (f *Feedback) Redact(names func(text string) bool, by string) int {
	n := 0
	for i := range f.votes {
		if names(f.votes[i].Reason) {
			f.votes[i].Reason = by
			n++
		}
	}
	return n
}

func (f *Feedback) keep(votes []Vote) {
	f.votes, f.about = slices.Clone(votes), map[Subject][]int{}
	for i, v := range f.votes {
		f.about[v.Subject] = append(f.about[v.Subject], i)
	}
}

// Votes lists the votes, oldest first.
func (f *Feedback) Votes() []Vote { return slices.Clone(f.votes) }

// Vote gives the vote on a finding that was kept.
func (f *Feedback) Vote(id string) (Vote, bool) {
	i := slices.IndexFunc(f.votes, func(v Vote) bool { return v.ID == id })
	if i < 0 {
		return Vote{}, false
	}
	return f.votes[i], true
}

// Shift is how far feedback has moved a subject, in nats.
func (f *Feedback) Shift(s Subject, now time.Time) float64 { return f.opinion(s, now).Shift }

// For is Shift for the rules about a kind of actor.
func (f *Feedback) For(kind finding.ActorKind, now time.Time) Shift {
	if len(f.votes) == 0 {
		return nil
	}
	return func(rule string) float64 { return f.Shift(Subject{rule, kind}, now) }
}

// Opinions lists what feedback comes to, ordered by rule and kind.
func (f *Feedback) Opinions(now time.Time) []Opinion {
	list := make([]Opinion, 0, len(f.about))
	for s := range f.about {
		list = append(list, f.opinion(s, now))
	}
	slices.SortFunc(list, func(a, b Opinion) int { return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Kind, b.Kind)) })
	return list
}

// words are what one analyst said of a subject, faded.
type words struct{ keeps, discards float64 }

// opinion is the mean log-odds of the Beta distribution that the votes leave
// of how often the rule is right, from one that knows nothing.
func (f *Feedback) opinion(s Subject, now time.Time) Opinion {
	o := Opinion{Subject: s}
	said := map[string]words{}
	for _, i := range f.about[s] {
		v := &f.votes[i]
		by := said[v.By]
		weight := halved(now.Sub(v.At), f.scale.options.FeedbackHalfLife)
		if v.Keep {
			by.keeps += weight
		} else {
			by.discards += weight
		}
		said[v.By] = by
		if v.At.After(o.Last) {
			o.Last = v.At
		}
	}
	for _, by := range slices.Sorted(maps.Keys(said)) { // in order: a sum of fractions depends on it
		o.Keeps += min(said[by].keeps, oneSays)
		o.Discards += min(said[by].discards, oneSays)
	}
	if o.Keeps+o.Discards > 0 {
		shift := mathext.Digamma(doubt+o.Keeps) - mathext.Digamma(doubt+o.Discards)
		o.Shift = min(max(shift, -maxShift), maxShift)
	}
	return o
}

// MarshalJSON implements json.Marshaler.
func (f *Feedback) MarshalJSON() ([]byte, error) { return json.Marshal(f.votes) }

// UnmarshalJSON implements json.Unmarshaler. The scale stays.
func (f *Feedback) UnmarshalJSON(data []byte) error {
	var votes []Vote
	if err := json.Unmarshal(data, &votes); err != nil {
		return fmt.Errorf("read feedback: %w", err)
	}
	f.keep(votes[max(0, len(votes)-maxVotes):])
	return nil
}
