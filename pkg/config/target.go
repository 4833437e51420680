package config

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Target is what a block or an exemption is about, as a person writes it:
// users, keys, tokens and sessions as they are.
type Target struct{ Criteria []block.Criterion }

// Targets is a list of them.
type Targets []Target

// UnmarshalText reads "192.0.2.0/24" or "user:probe & route:GET /health".
func (t *Target) UnmarshalText(text []byte) error {
	criteria, err := block.ParseCriteria(string(text))
	if err != nil {
		return err
	}
	// Under whatever key: what is looked for are mistakes.
	if _, err := block.NewMatchKey([32]byte{}).Target(criteria); err != nil {
		return err
	}
	t.Criteria = criteria
	return nil
}

// UnmarshalYAML tells where in the file a value is wrong.
func (t *Target) UnmarshalYAML(node ast.Node) error { return scalar(node, t) }

// MarshalText writes the target; what is secret in it is left out.
func (t Target) MarshalText() ([]byte, error) {
	parts := make([]string, len(t.Criteria))
	for i, c := range t.Criteria {
		if c.Scope.Secret() {
			c.Value = "…"
		}
		parts[i] = c.String()
	}
	return []byte(strings.Join(parts, " & ")), nil
}

// ParseTargets reads a list that is written in code.
func ParseTargets(list ...string) (Targets, error) {
	targets := make(Targets, len(list))
	for i, s := range list {
		if err := targets[i].UnmarshalText([]byte(s)); err != nil {
			return nil, fmt.Errorf("target %d: %w", i+1, err)
		}
	}
	return targets, nil
}
