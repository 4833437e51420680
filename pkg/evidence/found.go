package evidence

import (
	"fmt"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// found tells whether all that a rule wants to have been found was, and what:
// words are given where it is more than the finding itself.
func (j *judgement) found() (words []string, ok bool) {
	matches := j.rule.Found
	if len(matches) == 0 {
		return nil, true
	}
	for i := range matches { // the part that the finding has in it
		if !j.isThis(&matches[i]) {
			continue
		}
		c := chain{j: j, newest: i, strands: make([]int, len(matches))}
		if c.complete(0, j.from()-1) {
			return c.words(), true
		}
	}
	return nil, false
}

// from is how far back the rule looks, in Unix nanoseconds.
func (j *judgement) from() int64 { return j.Finding.Time.Add(-j.rule.within()).UnixNano() }

// isThis tells whether a match means the finding that came in.
func (j *judgement) isThis(m *Match) bool {
	f := j.Finding
	if !m.means(f.Rule, f.Family) || j.suggested(f.Rule, f.Tier) < m.Suggested {
		return false
	}
	if m.Statistical && f.Statistic == nil {
		return false
	}
	if m.Magnitude > 0 && (f.Statistic == nil || magnitude(f.Statistic) < m.Magnitude) {
		return false
	}
	return j.often(m, f.Family)
}

// isStrand tells whether a match means what a rule found before.
func (j *judgement) isStrand(m *Match, t *Strand) bool {
	return m.means(t.Rule, t.Family) && j.suggested(t.Rule, t.Suggested) >= m.Suggested &&
		(!m.Statistical || t.Statistical) && t.Magnitude >= m.Magnitude && j.often(m, t.Family)
}

// suggested is a tier as far as feedback lets a rule suggest it. What is known
// for certain stands.
func (j *judgement) suggested(rule string, tier finding.Tier) finding.Tier {
	if tier == finding.Notify && j.Shift.of(rule) <= demotes {
		return finding.Log
	}
	return tier
}

// often tells whether a family's evidence was found in so many hours.
func (j *judgement) often(m *Match, family finding.Family) bool {
	return m.Hours == 0 || j.hours(m, family) >= m.Hours
}

func (j *judgement) hours(m *Match, family finding.Family) int {
	all, to, weighs := Hours(0), j.Finding.Time.UnixNano(), 0.0
	for i := range j.Account.Strands {
		t := &j.Account.Strands[i]
		if t.Family == family && m.means(t.Rule, t.Family) {
			all |= t.Hours.moved(t.Last, to)
			weighs += j.weights.strands[i]
		}
	}
	if weighs < Faint {
		return 0 // analysts say that it means nothing
	}
	return all.since(to, j.from()).count()
}

// chain is the search for one strand for each of a rule's matches.
type chain struct {
	j       *judgement
	newest  int   // the match that the finding is
	strands []int // by match
}

// complete finds strands for the matches from one on; after is when the match
// before was found, if order matters.
func (c *chain) complete(match int, after int64) bool {
	if match == len(c.strands) {
		return true
	}
	for i := range c.j.Account.Strands {
		t := &c.j.Account.Strands[i]
		if match == c.newest && !t.isOf(c.j.Finding) || c.taken(match, i) {
			continue
		}
		at, ok := c.time(match, i, after)
		if !ok {
			continue
		}
		c.strands[match] = i
		if c.complete(match+1, at) {
			return true
		}
	}
	return false
}

func (c *chain) taken(match, strand int) bool {
	for _, other := range c.strands[:match] {
		if other == strand {
			return true
		}
	}
	return false
}

// time is when a match was found by a strand: the earliest time after another
// if order matters.
func (c *chain) time(match, strand int, after int64) (int64, bool) {
	j, t := c.j, &c.j.Account.Strands[strand]
	if !j.rule.InOrder {
		after = j.from() - 1
	}
	if match == c.newest {
		at := j.Finding.Time.UnixNano()
		return at, at > after && (len(c.strands) == 1 || j.weights.strands[strand] >= Faint) // else its request is another's
	}
	if j.weights.strands[strand] < Faint || !j.isStrand(&j.rule.Found[match], t) {
		return 0, false
	}
	return t.after(after)
}

// after tells by when, after a time, a strand was found for the first time, as
// far as that is known: of most findings only the hour is.
func (t *Strand) after(time int64) (by int64, ok bool) {
	if t.First > time {
		return t.First, true
	}
	for _, start := range t.Hours.starts(t.Last) {
		if start > time {
			return min(start+hour-1, t.Last), true
		}
	}
	return t.Last, t.Last > time
}

// words tell what was found, where a rule wants more than the one finding.
func (c *chain) words() []string {
	var words []string
	for i := range c.strands {
		m, t := &c.j.rule.Found[i], &c.j.Account.Strands[c.strands[i]]
		switch {
		case m.Hours > 0:
			words = append(words, fmt.Sprintf("%s in %d different hours", t.Family, c.j.hours(m, t.Family)))
		case m.Magnitude > 0:
			words = append(words, fmt.Sprintf("%s by %.3g times", t.Rule, t.Magnitude))
		case len(c.strands) > 1:
			words = append(words, fmt.Sprintf("%s (%s) at %s", t.Family, t.Rule, time.Unix(0, c.at(i)).UTC().Format(time.RFC3339)))
		}
	}
	return words
}

func (c *chain) at(match int) int64 {
	if match == c.newest {
		return c.j.Finding.Time.UnixNano()
	}
	return c.j.Account.Strands[c.strands[match]].Last
}
