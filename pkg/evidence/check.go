package evidence

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Mistake is what is wrong with a rule. Key is where, as it is written in the
// configuration: "found[0].hours"; "" = the rule as a whole.
type Mistake struct {
	Rule    int // by place in the list
	Key     string
	Message string
	Hint    string // may be empty
}

// Mistakes are all of a list of rules; as an error it has one line for each.
type Mistakes []Mistake

// Error implements error.
func (m Mistakes) Error() string {
	lines := make([]string, len(m))
	for i := range m {
		lines[i] = fmt.Sprintf("rule %d: %s", m[i].Rule+1, strings.Join(slices.DeleteFunc(
			[]string{m[i].Key, m[i].Message, m[i].Hint}, func(s string) bool { return s == "" }), ": "))
	}
	return strings.Join(lines, "\n")
}

// checking is the checking of one rule.
type checking struct {
	rule  *Rule
	place int
	scale *Scale
	wrong Mistakes
}

// Check gives what is wrong with rules: what makes no sense, what can never
// hold, and what would tell people of everything.
func Check(rules []Rule, s *Scale) Mistakes {
	var wrong Mistakes
	names := map[string]bool{}
	for i := range rules {
		c := checking{rule: &rules[i], place: i, scale: s}
		c.identity(names)
		c.conditions()
		for k := range c.rule.Found {
			c.match(fmt.Sprintf("found[%d]", k), &c.rule.Found[k])
		}
		if len(c.wrong) == 0 {
			c.catchAll()
		}
		wrong = append(wrong, c.wrong...)
	}
	return wrong
}

func (c *checking) add(key, message, hint string) {
	c.wrong = append(c.wrong, Mistake{Rule: c.place, Key: key, Message: message, Hint: hint})
}

func (c *checking) identity(names map[string]bool) {
	r := c.rule
	if r.Name == "" {
		c.add("name", "no name", "people read it as the reason of a tier: \"success after an attack\"")
	} else if names[r.Name] {
		c.add("name", fmt.Sprintf("%q is the name of another rule", r.Name), "")
	}
	names[r.Name] = true
	if r.Tier == 0 {
		c.add("tier", "no tier", "want log, notify or page")
	}
}

func (c *checking) conditions() {
	r := c.rule
	if r.Risk < 0 || r.Risk >= 1 {
		c.add("risk", fmt.Sprintf("%v can never hold", r.Risk), "a risk is below 1, such as 0.95")
	}
	if r.Kinds < 0 || r.Kinds > maxStrands {
		c.add("kinds", fmt.Sprintf("%d can never hold", r.Kinds), fmt.Sprintf("at most %d rules are remembered of an actor", maxStrands))
	}
	if r.within() < time.Minute || r.within() > MaxHours*time.Hour {
		c.add("within", fmt.Sprintf("%s is too short or too long", r.within()), fmt.Sprintf("want 1m to %dh, which is how far back evidence is known by the hour", MaxHours))
	}
	if len(r.Found) > MaxFound {
		c.add("found", fmt.Sprintf("%d are too many", len(r.Found)), fmt.Sprintf("want at most %d", MaxFound))
	}
	if r.InOrder && len(r.Found) < 2 {
		c.add("in_order", "there is no order of less than two", "name what was found first and what came then in found")
	}
	c.from("from", r.From)
	c.actors()
	c.unless()
}

func (c *checking) from(key, place string) {
	if !slices.Contains([]string{"", Internal, External}, place) {
		c.add(key, fmt.Sprintf("%q is no place to come from", place), "want internal or external")
	}
}

// words checks words for kinds of actors, and tells whether people are among
// them.
func (c *checking) words(key string, words []string) (people, ok bool) {
	people = len(words) == 0
	for i, word := range words {
		kind, err := finding.ParseActorKind(word)
		if err != nil && !slices.Contains([]string{Person, Principal, Anonymous, Place}, word) {
			c.add(fmt.Sprintf("%s[%d]", key, i), fmt.Sprintf("%q is no kind of actor", word), "want person, principal, anonymous, place, or a kind such as address, user, token, api or route")
			return false, false
		}
		people = people || word != Place && !kind.Place()
	}
	return people, true
}

// unless checks of whom a rule does not hold.
func (c *checking) unless() {
	u := &c.rule.Unless
	c.from("unless.from", u.From)
	people, ok := c.words("unless.actors", u.Actors)
	if ok && !people && u.From != "" {
		c.add("unless.from", "can never be of a place", "only people and clients come from somewhere: leave it out")
	}
	c.patterns("unless.families", u.Families)
	if !u.isNobody() && len(u.Families) == 0 && len(u.Actors) == 0 {
		c.add("unless", "says the opposite of from", "write from, or say of what families")
	}
}

// actors checks who a rule is about, and what can never be of them.
func (c *checking) actors() {
	r := c.rule
	people, ok := c.words("actors", r.Actors)
	if !ok {
		return
	}
	if !people && r.AfterBlock {
		c.add("after_block", "can never hold of a place", "places are never blocked: leave out after_block, or name actors: [person]")
	}
	if !people && r.From != "" {
		c.add("from", "can never hold of a place", "only people and clients come from somewhere: leave it out, or name actors: [person]")
	}
}

func (c *checking) patterns(key string, patterns []string) {
	for i, p := range patterns {
		if _, err := path.Match(p, ""); err != nil || p == "" {
			c.add(fmt.Sprintf("%s[%d]", key, i), fmt.Sprintf("%q is no pattern", p), "want a name, or one with * such as behaviour.*")
		}
	}
}

func (c *checking) match(key string, m *Match) {
	for _, list := range []struct {
		name     string
		patterns []string
	}{{"rules", m.Rules}, {"families", m.Families}, {"except", m.Except}} {
		c.patterns(key+"."+list.name, list.patterns)
	}
	if hidden := allExcepted(m); hidden != "" {
		c.add(key+".except", "can never hold: "+hidden+" is left out again", "")
	}
	if m.Magnitude < 0 || m.Magnitude > 0 && m.Magnitude <= 1 {
		c.add(key+".magnitude", fmt.Sprintf("%v always holds", m.Magnitude), "want how many times of what was expected, such as 10")
	}
	if limit := int(c.rule.within() / time.Hour); m.Hours < 0 || m.Hours > limit+1 {
		c.add(key+".hours", fmt.Sprintf("%d different hours can never be within %s", m.Hours, c.rule.within()), "make within longer")
	}
	c.conflict(key, m)
}

// conflict finds what no finding can be at the same time.
func (c *checking) conflict(key string, m *Match) {
	statistics := func(rule string) bool {
		return strings.HasPrefix(rule, "baseline.") || strings.HasPrefix(rule, "behaviour.")
	}
	if (m.Statistical || m.Magnitude > 0) && len(m.Rules) > 0 && !slices.ContainsFunc(m.Rules, func(p string) bool {
		return statistics(p) || strings.ContainsAny(p, "*?[")
	}) {
		c.add(key, "can never hold: none of these rules rests on a statistic", "those of baselines are called baseline.*, those of behaviour behaviour.*")
	}
}

// allExcepted gives what a match leaves out again of all that it names; "" when
// something is left.
func allExcepted(m *Match) string {
	for _, named := range [][]string{m.Rules, m.Families} {
		if len(named) > 0 && !slices.ContainsFunc(named, func(n string) bool { return !anyGlob(m.Except, n) }) {
			return strings.Join(named, ", ")
		}
	}
	if slices.Contains(m.Except, "*") {
		return "everything"
	}
	return ""
}

// catchAll finds rules that would interrupt people with every finding.
func (c *checking) catchAll() {
	r := c.rule
	if r.Tier <= finding.Log || r.AfterBlock || r.Kinds > 1 || r.Risk > c.alone() || r.From == Internal {
		return
	}
	if slices.ContainsFunc(r.Found, func(m Match) bool { return !m.everything() }) || len(r.Found) > 1 {
		return
	}
	message, hint := "every finding would notify people", "say of what: suggested, families, rules, kinds, risk, hours …"
	if r.Tier == finding.Page {
		message = "every finding would wake somebody up"
	}
	c.add("", message, hint)
}

// alone is the risk that one ordinary doubt makes.
func (c *checking) alone() float64 { return c.scale.risk(nats[finding.Log]) }

// everything tells whether a match means all findings.
func (m *Match) everything() bool {
	all := func(patterns []string) bool { return len(patterns) == 0 || slices.Contains(patterns, "*") }
	return all(m.Rules) && all(m.Families) && len(m.Except) == 0 && m.Suggested <= finding.Log &&
		!m.Statistical && m.Magnitude == 0 && m.Hours <= 1
}
