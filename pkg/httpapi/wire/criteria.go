package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Criteria are what somebody asks about or wants blocked, each a scope and its
// value. In JSON they are text, as block.ParseCriteria reads it, or an object
// as block.Target writes it. Users, keys, tokens and sessions stand there in
// the clear, or by the hash that stands for them: so neither String nor an
// error of reading them tells such a value.
type Criteria []block.Criterion

// ParseCriteria reads the text of criteria.
func ParseCriteria(s string) (Criteria, error) {
	list, err := block.ParseCriteria(s)
	if err == nil {
		return list, nil
	}
	for _, scope := range block.Scopes() {
		if scope.Secret() && strings.Contains(s, string(scope)) {
			return nil, errTarget
		}
	}
	return nil, fmt.Errorf("%w: %w", ErrTarget, err)
}

// ErrTarget is wrapped when a target is not well put.
var ErrTarget = errors.New("target")

var errTarget = fmt.Errorf(`%w: want an address, a prefix or SCOPE:VALUE, or several with " & " between them; a value with & in it stands in double quotes`, ErrTarget)

// OfTarget gives the criteria of a target.
func OfTarget(t block.Target) Criteria { return t.Criteria() }

// Secret tells whether a value stands in the clear that is not to be kept.
func (c Criteria) Secret() bool { return slices.ContainsFunc(c, inClear) }

func inClear(c block.Criterion) bool { return c.Scope.Secret() && !block.IsMatched(c.Value) }

// Canonical is the criteria in the one way in which they are kept, the secrets
// as they are. It fails when they make no target, and wraps ErrTarget.
func (c Criteria) Canonical() (Criteria, error) {
	if len(c) == 0 {
		return nil, fmt.Errorf("%w: want an address, a prefix or SCOPE:VALUE", ErrTarget)
	}
	stand := slices.Clone(c)
	secrets := map[block.Scope]string{}
	for i, one := range stand {
		if inClear(one) {
			secrets[one.Scope] = one.Value
			stand[i].Value = block.NewMatchKey([32]byte{}).Hash(one.Scope, "")
		}
	}
	t, err := block.NewTarget(stand...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTarget, err)
	}
	canonical := Criteria(t.Criteria())
	for i, one := range canonical {
		if secret, ok := secrets[one.Scope]; ok {
			canonical[i].Value = secret
		}
	}
	return canonical, nil
}

// Hidden is the criteria without what is secret.
func (c Criteria) Hidden() Criteria {
	hidden := slices.Clone(c)
	for i, one := range hidden {
		if inClear(one) {
			hidden[i].Value = "(hidden)"
		}
	}
	return hidden
}

// String is the criteria as people write them, without what is secret.
func (c Criteria) String() string {
	parts := make([]string, len(c))
	for i, one := range c.Hidden() {
		parts[i] = one.String()
	}
	return strings.Join(parts, " & ")
}

// GoString is String: a secret does not get into a log by accident.
func (c Criteria) GoString() string { return c.String() }

// criteriaJSON is the object form.
type criteriaJSON struct {
	Scope  block.Scope       `json:"scope,omitempty"`
	Value  string            `json:"value,omitempty"`
	All    []block.Criterion `json:"all,omitempty"`
	Exempt bool              `json:"exempt,omitempty"` // as an exported target has it: the action says so too
}

// MarshalJSON writes the object form.
func (c Criteria) MarshalJSON() ([]byte, error) {
	if len(c) == 1 {
		return json.Marshal(criteriaJSON{Scope: c[0].Scope, Value: c[0].Value})
	}
	return json.Marshal(criteriaJSON{Scope: block.ScopeAll, All: c})
}

var errShape = fmt.Errorf(`%w: want text, {"scope", "value"} or {"all": [{"scope", "value"}, …]}`, ErrTarget)

// UnmarshalJSON reads both forms.
func (c *Criteria) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte(`"`)) {
		var text string
		if err := json.Unmarshal(data, &text); err != nil {
			return fmt.Errorf("%w: %w", ErrTarget, err)
		}
		list, err := ParseCriteria(text)
		*c = list
		return err
	}
	var v criteriaJSON
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		return fmt.Errorf("%w: %w", errShape, err)
	}
	switch {
	case len(v.All) > 0 && v.Value == "" && (v.Scope == "" || v.Scope == block.ScopeAll):
		*c = v.All
	case len(v.All) == 0 && v.Value != "" && v.Scope != "":
		*c = Criteria{{Scope: v.Scope, Value: v.Value}}
	default:
		return errShape
	}
	return nil
}
