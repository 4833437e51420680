package wire

import (
	"strings"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// ProblemType is the media type of a Problem.
const ProblemType = "application/problem+json"

// Problem is what every failed request is answered with (RFC 9457).
type Problem struct {
	Type     string `json:"type"`   // "urn:honeymoat:problem:NAME"; stable, for programs
	Title    string `json:"title"`  // of the type, the same every time
	Status   int    `json:"status"` // HTTP status
	Detail   string `json:"detail,omitempty"`
	Instance string `json:"instance,omitempty"` // "urn:honeymoat:request:ID", as in the log
	// Hint tells a person what to do.
	Hint string `json:"hint,omitempty"`
	// Rule is which of the guard's rules refuses, or which one asks for a role.
	Rule string `json:"rule,omitempty"`
	// Parts are targets, for a bulk, that together are what was asked for without
	// whoever is protected in it.
	Parts []block.Target `json:"parts,omitempty"`
	// BlockID is the block that stands where another was asked for.
	BlockID string `json:"block_id,omitempty"`
	// Approval is what waits, as it is now, where another revision of it was
	// approved; Changed tells what is different, for people.
	Approval *Approval `json:"approval,omitempty"`
	Changed  []string  `json:"changed,omitempty"`
	// Invalid tells which parameters are wrong, all of them at once.
	Invalid []Invalid `json:"invalid,omitempty"`
}

// Invalid is a parameter that is wrong.
type Invalid struct {
	Name   string `json:"name"` // of the query parameter or the body's field
	Reason string `json:"reason"`
}

// Error implements error: what is wrong, where, and what to do about it.
func (p *Problem) Error() string {
	var s strings.Builder
	s.WriteString(p.Title)
	if p.Detail != "" {
		s.WriteString(": " + p.Detail)
	}
	if p.Rule != "" {
		s.WriteString(" (rule " + p.Rule + ")")
	}
	for _, c := range p.Changed {
		s.WriteString("\n  " + c)
	}
	for _, i := range p.Invalid {
		s.WriteString("\n  " + i.Name + ": " + i.Reason)
	}
	if p.Hint != "" {
		s.WriteString("\nhint: " + p.Hint)
	}
	return s.String()
}

// Name is the part of Type that tells problems apart.
func (p *Problem) Name() string { return strings.TrimPrefix(p.Type, ProblemPrefix) }

// ProblemPrefix begins every Problem.Type.
const ProblemPrefix = "urn:honeymoat:problem:"
