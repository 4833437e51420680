package wire

import (
	"errors"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/mistake"
)

// Rule is a rule or correlation that is loaded.
type Rule struct {
	Key     string         `json:"key"` // its id, else its name, else its title
	Version string         `json:"version"`
	Kind    string         `json:"kind"` // "rule" or "correlation"
	Title   string         `json:"title"`
	Level   string         `json:"level,omitempty"`
	Status  string         `json:"status,omitempty"`
	Family  finding.Family `json:"family"`
	Tier    finding.Tier   `json:"tier"`
	Tags    []string       `json:"tags"`
	Block   *RuleBlock     `json:"block,omitempty"` // that it asks for; none = it asks for none
	// Silent: its matches count for correlations only.
	Silent bool `json:"silent,omitempty"`
	// Applicable: it is about logs that honeymoat reads; else Reason says why
	// it is not.
	Applicable bool   `json:"applicable"`
	Reason     string `json:"reason,omitempty"`
	File       string `json:"file"`
	Line       int    `json:"line"`
	// Hits are those of the last day; none = the store cannot answer now.
	Hits *RuleHits `json:"hits,omitempty"`
}

// RuleBlock is the block that a rule asks for.
type RuleBlock struct {
	LifetimeSeconds int64  `json:"lifetime_seconds"`
	Mode            string `json:"mode"` // "rollout", "shadow" or "enforce"
	// What it does to whom, in words; empty: it denies whom the finding is about.
	What string `json:"what,omitempty"`
}

// RuleDetail is a rule with what it says about itself.
type RuleDetail struct {
	Rule
	Description    string   `json:"description,omitempty"`
	Author         string   `json:"author,omitempty"`
	References     []string `json:"references"`
	FalsePositives []string `json:"false_positives"`
	Fields         []string `json:"fields"` // that it looks at
	// Members are the keys of what a correlation is made of.
	Members []string `json:"members,omitempty"`
}

// RuleHits is what a rule has found in a period.
type RuleHits struct {
	Findings  int64      `json:"findings"`
	Sightings int64      `json:"sightings"` // records that matched
	Actors    int64      `json:"actors"`
	LastSeen  *time.Time `json:"last_seen,omitempty"`
}

// LintRequest has rules looked at.
type LintRequest struct {
	YAML string `json:"yaml"` // one document or several
}

// Lint is what was seen in rules.
type Lint struct {
	Rules        int               `json:"rules"` // that are right
	Correlations int               `json:"correlations"`
	Mistakes     []mistake.Mistake `json:"mistakes"`
	Warnings     []mistake.Mistake `json:"warnings"` // right, but probably not meant
}

// ErrLine is wrapped when a line cannot be read in the format that is asked for.
var ErrLine = errors.New("the line cannot be read")

// ExplainRequest asks which rules match a record and why: a line with its
// format, or a stored event.
type ExplainRequest struct {
	Line   string `json:"line,omitempty"`
	Format string `json:"format,omitempty"` // of the line; default auto
	Event  string `json:"event,omitempty"`  // id of an event
	// Rule is the only rule to explain, by its key or title; none = all that
	// match are explained.
	Rule string `json:"rule,omitempty"`
	// YAML is a rule to explain in place of the loaded ones.
	YAML string `json:"yaml,omitempty"`
}

// Explanation is what rules see in a record.
type Explanation struct {
	Format string      `json:"format"` // in which the record was read
	Fields []SeenField `json:"fields"`
	// Rules are those that hold, those that were asked for, and those that come
	// near, in this order.
	Rules    []ExplainedRule `json:"rules"`
	Matched  int             `json:"matched"`  // of Rules
	Near     int             `json:"near"`     // rules that come near, though Rules may list fewer
	Looked   int             `json:"looked"`   // rules that were held against the record
	Warnings []string        `json:"warnings"` // what the answer cannot know
}

// SeenField is what a record says in one field.
type SeenField struct {
	Field   string   `json:"field"`
	Value   string   `json:"value"`
	Decoded []string `json:"decoded,omitempty"` // further forms, in which rules see it too
	Attacks []string `json:"attacks,omitempty"` // kinds of attack that are found in it
}

// ExplainedRule is what a rule says of a record.
type ExplainedRule struct {
	Key    string `json:"key"`
	Title  string `json:"title"`
	Held   bool   `json:"held"`
	Silent bool   `json:"silent,omitempty"` // its matches count for correlations only
	Note   string `json:"note,omitempty"`
	// CountedBy are the keys of the correlations that build on the rule.
	CountedBy []string       `json:"counted_by,omitempty"`
	Tree      *ExplainedNode `json:"tree,omitempty"` // none for a correlation
}

// ExplainedNode is a part of a condition.
type ExplainedNode struct {
	// What it is: "and", "or", "not", "search" or "item".
	Kind string `json:"kind"`
	// Text is a search's name, or an item's field and modifiers as written.
	Text string `json:"text,omitempty"`
	Held bool   `json:"held"`
	// Seen are the values that an item looked at; none when the field is unknown.
	Seen   []SeenValue     `json:"seen,omitempty"`
	Values []AskedValue    `json:"values,omitempty"` // that an item asks for
	Nodes  []ExplainedNode `json:"nodes,omitempty"`
}

// SeenValue is a value that a record has.
type SeenValue struct {
	Column  string `json:"column"`
	Text    string `json:"text"`
	Decoded bool   `json:"decoded,omitempty"` // it is a decoded form
}

// AskedValue is a value that a rule asks for.
type AskedValue struct {
	Text string     `json:"text"` // as the rule has it
	Met  bool       `json:"met"`
	By   *SeenValue `json:"by,omitempty"`
}
