package block

import (
	"encoding/json"
	"errors"
	"fmt"
)

type targetJSON struct {
	Scope Scope       `json:"scope"`
	Value string      `json:"value,omitempty"` // none when there are several criteria
	All   []Criterion `json:"all,omitempty"`
	// Exempt is for exemptions.
	Exempt bool `json:"exempt,omitempty"`
}

// MarshalJSON writes {"scope": "address", "value": "192.0.2.7"}, or
// {"scope": "all", "all": [{"scope", "value"}, …]} for several criteria.
func (t Target) MarshalJSON() ([]byte, error) {
	v := targetJSON{Scope: t.Scope(), Exempt: t.exempt}
	if v.Scope == ScopeAll {
		v.All = t.Criteria()
	} else if t.valid() {
		v.Value = t.Criteria()[0].Value
	}
	return json.Marshal(v)
}

// UnmarshalJSON reads what MarshalJSON writes. The scope may be left out where
// there are several criteria, or the value is as ParseTarget reads it.
func (t *Target) UnmarshalJSON(data []byte) error {
	var v targetJSON
	if err := json.Unmarshal(data, &v); err != nil {
		return fmt.Errorf("block target: %w", err)
	}
	parsed, err := v.target()
	if err != nil {
		return err
	}
	parsed.exempt = v.Exempt
	*t = parsed
	return nil
}

func (v *targetJSON) target() (Target, error) {
	switch {
	case len(v.All) > 0 && v.Value != "":
		return Target{}, errors.New(`block target: want "value" or "all", not both`)
	case len(v.All) > 0:
		return NewTarget(v.All...)
	case v.Scope == "":
		return ParseTarget(v.Value)
	}
	t, err := NewTarget(Criterion{v.Scope, v.Value})
	if err == nil && t.Scope() != v.Scope {
		return Target{}, fmt.Errorf("block target %q is of scope %q, not %q", v.Value, t.Scope(), v.Scope)
	}
	return t, err
}
