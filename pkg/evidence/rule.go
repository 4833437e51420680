package evidence

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Rule says what makes a tier. All that is given must hold when a finding
// comes in, and the finding must have its part in it: so what was told once is
// not told again because something else has happened. The zero value of a
// field asks nothing.
type Rule struct {
	Name string
	Tier finding.Tier
	// Found is what must have been found, each by requests of its own and the
	// newest by the finding that came in. InOrder: one after the other.
	Found   []Match
	InOrder bool
	Within  time.Duration // how far back Found looks; 0 = a day
	// Kinds is how many independent kinds of evidence there must be that still
	// count.
	Kinds int
	Risk  float64 // at least, 0..1
	// AfterBlock: the actor came back after a block that had run its time.
	AfterBlock bool
	// Actors are kinds of actors, or words for several; one of them must be it.
	Actors []string
	// From is Internal, External, or "".
	From string
	// Unless is of whom the rule does not hold.
	Unless Unless
}

// Unless says of whom a rule does not hold: those of whom all that is given is
// true. The zero value is nobody.
type Unless struct {
	Actors   []string // as Rule.Actors
	From     string
	Families []string // names or patterns; one of them was found within the rule's time
}

// Words for who an actor is.
const (
	Person    = "person"    // or a client: no place
	Principal = "principal" // somebody with a name: a user, an application, a key, a token
	Anonymous = "anonymous" // a client behind which nobody is known
	Place     = "place"
	Internal  = "internal" // of our own network
	External  = "external"
)

// Match says which findings are meant. All that is given must hold.
type Match struct {
	Rules    []string // ids or patterns such as "behaviour.*"
	Families []string // names or patterns
	Except   []string // ids or families that are not meant, or patterns
	// Suggested is the tier that the finding suggests, or a more urgent one. A
	// notify of a rule that analysts have discarded time and again is none.
	Suggested   finding.Tier
	Statistical bool // rests on a statistic
	// Magnitude: seen is so many times what was expected, or expected so many
	// times what was seen.
	Magnitude float64
	// Hours is in how many different hours its kind of evidence was found.
	Hours int
}

// defaultWithin is how far back a rule looks that does not say.
const defaultWithin = 24 * time.Hour

// MaxFound is how many matches a rule may combine.
const MaxFound = 4

// Policy makes tiers of evidence. It is immutable and safe for concurrent use.
type Policy struct {
	rules []Rule // the most urgent first
	scale *Scale
}

// NewPolicy makes a policy of rules. The error is Mistakes.
func NewPolicy(s *Scale, rules []Rule) (*Policy, error) {
	if wrong := Check(rules, s); len(wrong) > 0 {
		return nil, fmt.Errorf("tiers: %w", wrong)
	}
	ordered := slices.Clone(rules)
	slices.SortStableFunc(ordered, func(a, b Rule) int { return cmp.Compare(b.Tier, a.Tier) })
	return &Policy{rules: ordered, scale: s}, nil
}

// Default is the policy of DefaultRules on a scale.
func Default(s *Scale) *Policy {
	p, err := NewPolicy(s, DefaultRules())
	if err != nil {
		return &Policy{scale: s} // they are checked by a test; without rules all is logged
	}
	return p
}

// Scale is what the policy weighs with.
func (p *Policy) Scale() *Scale { return p.scale }

// Rules lists the rules, the most urgent first.
func (p *Policy) Rules() []Rule { return slices.Clone(p.rules) }

func (r *Rule) within() time.Duration { return cmp.Or(r.Within, defaultWithin) }

// means tells whether a match means findings of a rule and family.
func (m *Match) means(rule string, family finding.Family) bool {
	return (len(m.Rules) == 0 || anyGlob(m.Rules, rule)) &&
		(len(m.Families) == 0 || anyGlob(m.Families, string(family))) &&
		!anyGlob(m.Except, rule) && !anyGlob(m.Except, string(family))
}

// isNobody tells whether there are no exceptions.
func (u *Unless) isNobody() bool { return len(u.Actors) == 0 && u.From == "" && len(u.Families) == 0 }

// isNamed tells whether somebody is known behind actors of a kind.
func isNamed(k finding.ActorKind) bool {
	return k == finding.User || k == finding.Application || k == finding.Key || k == finding.Token
}

// isOneOf tells whether words name a kind of actors; none name all.
func isOneOf(words []string, k finding.ActorKind) bool {
	return len(words) == 0 || slices.ContainsFunc(words, func(word string) bool {
		switch word {
		case Person:
			return !k.Place()
		case Principal:
			return isNamed(k)
		case Anonymous:
			return !k.Place() && !isNamed(k)
		case Place:
			return k.Place()
		}
		return word == string(k)
	})
}

func anyGlob(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		ok, err := path.Match(pattern, name)
		return ok && err == nil
	})
}
