package sigma

import (
	"net/netip"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/mistake"
)

// Collection is what a set of documents holds. Rules, correlations and
// filters that were refused are not in it; what refers to them is refused too.
type Collection struct {
	Rules        []*Rule // in the order of the sources
	Correlations []*Correlation
	Filters      []*Filter

	warnings mistake.List
}

// Place is where something stands in a source.
type Place struct {
	File   string `json:"file"`
	Line   int    `json:"line"` // 1-based, as Column
	Column int    `json:"column"`
}

// Level is how grave a rule's author holds a match to be. The order is the gravity.
type Level uint8

// The levels of the specification. A rule need not have one.
const (
	NoLevel Level = iota
	Informational
	Low
	Medium
	High
	Critical
)

// Meta is what rules, correlations and filters say about themselves.
type Meta struct {
	Title          string
	ID             string // as written; see Key
	Name           string
	Taxonomy       string
	Status         string
	Description    string
	License        string
	Author         string
	References     []string
	Date, Modified string // YYYY-MM-DD
	Tags           []string
	Fields         []string
	FalsePositives []string
	Scope          []string
	Related        []Related
	Level          Level
	Honeymoat      Extension
	// Version changes when what the rule finds, or what is done about it,
	// changes: 12 hex digits of a hash over its detection or correlation with
	// all that it refers to, its filters and its extension.
	Version string
	Place   Place
}

// Related is a rule's relation to another.
type Related struct{ ID, Type string }

// Key is what a rule is known by: its id, else its name, else its title.
func (m *Meta) Key() string {
	switch {
	case m.ID != "":
		return m.ID
	case m.Name != "":
		return m.Name
	}
	return m.Title
}

// LogSource is the logs that a rule is about; empty parts mean any.
type LogSource struct{ Category, Product, Service, Definition string }

// Rule finds single events.
type Rule struct {
	Meta
	LogSource LogSource
	// Condition is what has to hold of an event: the conditions of the rule,
	// by or, and the conditions of the filters that refer to it, by and, each in
	// a Search that is named after the filter's title.
	Condition Node
	// Unfilled are placeholders that nobody has given values. Such a rule is not
	// in force: nobody can know what it would match.
	Unfilled []string
	// Silent: a correlation refers to the rule and does not set generate, so
	// the rule's own matches are no findings.
	Silent bool
}

// Filter narrows the rules that it refers to. Its condition is part of
// theirs already.
type Filter struct {
	Meta
	LogSource LogSource
	Rules     []*Rule
	Condition Node
}

// Node is a condition: And, Or, Not, *Search or *Item.
type Node interface{ node() }

type (
	// And holds when all nodes do; it has at least one.
	And []Node
	// Or holds when one of the nodes does; it has at least one.
	Or []Node
	// Not holds when its node does not.
	Not struct{ Node Node }
	// Search is a search identifier where a condition names it.
	Search struct {
		Name string
		Node Node
	}
)

func (And) node()     {}
func (Or) node()      {}
func (Not) node()     {}
func (*Search) node() {}
func (*Item) node()   {}

// Op is how a field is compared with a value.
type Op uint8

// The comparisons. Encodings (base64, utf16 …), windash, contains,
// startswith, endswith and expand are gone: they are in the values.
const (
	Matches Op = iota // a Pattern, number or bool is the field's value
	Regexp            // a regular expression is found in the field's value
	Within            // the field's address lies in a network
	Less              // the field's number against a number, as the next three
	LessEqual
	Greater
	GreaterEqual
	Exists // the field is there, or not: Values[0].Bool
	Null   // the field is not there or empty
	SameAs // the field's value against another field's
)

// Part is a part of a time.
type Part uint8

// The parts of a time, in UTC; WholeValue is no time at all.
const (
	WholeValue Part = iota
	Minute          // 0 to 59
	Hour            // 0 to 23
	Day             // 1 to 31
	Week            // 1 to 53, ISO 8601
	Month           // 1 to 12
	Year
)

// Item is a field with the values that it may have, or, without a field, a
// list of keywords: values that the record as a whole may hold. Keywords are
// Regexps, or Matches of Patterns that begin and end with AnyRun. Values of
// other kinds of comparison under the same key are an Item of their own.
type Item struct {
	Field     string // as written, without modifiers; empty for keywords
	Modifiers []string
	Op        Op
	Part      Part
	All       bool // all values have to match, not one
	Not       bool // neq: the item holds when it would not
	Cased     bool // letters are compared as they are; else by their lower case
	Values    []Value
	Place     Place
}

// ValueKind is what a value is.
type ValueKind uint8

// The kinds of values.
const (
	TextValue   ValueKind = iota // Pattern
	NumberValue                  // Number
	BoolValue                    // Bool
	RegexpValue                  // Regexp
	PrefixValue                  // Prefix
	FieldValue                   // Field, with Pattern's anchors
)

// Value is one value of an item. Which fields count is said by its kind.
type Value struct {
	Kind    ValueKind
	Written string // as the rule has it, for people
	Pattern Pattern
	Number  float64
	Bool    bool
	Regexp  string // RE2 syntax, its flags in it: "(?is)…"; it compiles
	Prefix  netip.Prefix
	Field   string // the other field
	// Links of a FieldValue: the other field's value with anything before it,
	// after it, or both.
	AnyBefore, AnyAfter bool
}

// Pattern is text with wildcards. The empty pattern is the empty text.
type Pattern []Token

// Token is a run of plain text, or a wildcard.
type Token struct {
	Kind TokenKind
	Text string // of a Literal; never empty
}

// TokenKind tells text from wildcards.
type TokenKind uint8

// The tokens. Neither two Literals nor two AnyRuns follow each other.
const (
	Literal TokenKind = iota
	AnyRun            // "*": any text, also none
	AnyOne            // "?": one character
)

// Extension is the key honeymoat: of a rule, which other tools ignore.
type Extension struct {
	Family finding.Family // empty: by the rule's tags, see Meta.Family
	Tier   finding.Tier   // 0: by the level
	// Actor is the kind of actor that a finding is about. Empty: the client's
	// address, or what a correlation groups by.
	Actor finding.ActorKind
	Block Block
}

// CorrelationType is how a correlation looks at events together.
type CorrelationType string

// The types of the specification.
const (
	EventCount      CorrelationType = "event_count"
	ValueCount      CorrelationType = "value_count"
	Temporal        CorrelationType = "temporal"
	TemporalOrdered CorrelationType = "temporal_ordered"
	ValueSum        CorrelationType = "value_sum"
	ValueAvg        CorrelationType = "value_avg"
	ValuePercentile CorrelationType = "value_percentile"
)

// Correlation finds what several events have to do with each other.
type Correlation struct {
	Meta
	Type     CorrelationType
	Members  []Member // in the order of rules:
	GroupBy  []string // fields or aliases
	Timespan time.Duration
	// Fields are what the value_ types look at.
	Fields []string
	// Bounds all have to hold. Temporal types without a condition have one:
	// at least as many members as there are.
	Bounds []Bound
	// Percentile is asked of value_percentile, 0 < p < 100; 0: the share in
	// percent of a value among all values, as the specification's example has it.
	Percentile float64
	Generate   bool // the members' own matches are findings too
	Silent     bool // another correlation refers to it and does not set generate
}

// Member is what a correlation refers to: one of the two is set.
type Member struct {
	Rule        *Rule
	Correlation *Correlation
	// Aliases are the member's own names of fields of GroupBy that are aliases.
	Aliases map[string]string
}

// Bound compares what a correlation counts with a number.
type Bound struct {
	Op    BoundOp
	Value float64
}

// BoundOp is a comparison.
type BoundOp string

// The comparisons of a correlation's condition.
const (
	GT  BoundOp = "gt"
	GTE BoundOp = "gte"
	LT  BoundOp = "lt"
	LTE BoundOp = "lte"
	EQ  BoundOp = "eq"
	NEQ BoundOp = "neq"
)
