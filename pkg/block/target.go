package block

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Criterion is one thing that a request has to have: a scope and its value.
type Criterion struct {
	Scope Scope  `json:"scope"`
	Value string `json:"value"`
}

// Target is what a block matches: one criterion, or several of different
// scopes of which a request has to meet all. It is in canonical form, so
// targets are comparable. The zero Target is invalid.
//
// A target is that of an exemption or of something else: the two do not get
// in each other's way, so that a client may be exempt from a block on itself.
type Target struct {
	prefix netip.Prefix // zero when it does not ask for addresses
	rest   string       // the other criteria: code, length (2 bytes) and value of each, ordered by code
	exempt bool
}

// AddressTarget matches one address. IPv4-mapped IPv6 is taken as IPv4.
func AddressTarget(a netip.Addr) Target {
	a = a.Unmap().WithZone("")
	return Target{prefix: netip.PrefixFrom(a, a.BitLen())}
}

// PrefixTarget matches all addresses of a prefix. Host bits are cleared, and
// a prefix inside ::ffff:0:0/96 is taken as IPv4.
func PrefixTarget(p netip.Prefix) Target {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return Target{prefix: p.Masked()}
}

// NewTarget matches requests that meet all criteria, at least one, each of
// another scope; an address and a prefix are one scope.
func NewTarget(criteria ...Criterion) (Target, error) {
	var t Target
	ordered := slices.SortedStableFunc(slices.Values(criteria), func(a, b Criterion) int { return int(a.Scope.code()) - int(b.Scope.code()) })
	for i, c := range ordered {
		if i > 0 && ordered[i-1].Scope == c.Scope {
			return Target{}, fmt.Errorf("block target: %s is there twice", c.Scope)
		}
		if err := t.add(c); err != nil {
			return Target{}, err
		}
	}
	if !t.valid() {
		return Target{}, errors.New("block target: want at least one of " + fmt.Sprint(scopes))
	}
	return t, nil
}

func (t *Target) add(c Criterion) error {
	if _, err := ParseScope(string(c.Scope)); err != nil {
		return err
	}
	if c.Scope == ScopeAddress || c.Scope == ScopePrefix {
		p, err := parsePrefix(c.Value)
		if err != nil {
			return err
		}
		if t.prefix.IsValid() {
			return fmt.Errorf("block target %q: there is the prefix %s already", c.Value, t.prefix)
		}
		t.prefix = PrefixTarget(p).prefix
		return nil
	}
	v, err := c.Scope.canonical(c.Value)
	if err != nil {
		return err
	}
	t.rest += string([]byte{c.Scope.code(), byte(len(v) >> 8), byte(len(v))}) + v
	return nil
}

func parsePrefix(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		return AddressTarget(a).prefix, nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, fmt.Errorf("block target %q: want an address such as 192.0.2.7 or a prefix such as 192.0.2.0/24", s)
	}
	return p, nil
}

// joint stands between the criteria of a target as text.
const joint = " & "

// ParseTarget reads what String writes: an address, a prefix, SCOPE:VALUE, or
// several of them with " & " between them, such as
// "192.0.2.0/24 & user_agent:curl/8.5.0 & route:POST /login". A value that
// holds "&" or a quotation mark stands in double quotes, as in Go. Users,
// keys, tokens and sessions are hashes here.
func ParseTarget(s string) (Target, error) {
	criteria, err := ParseCriteria(s)
	if err != nil {
		return Target{}, err
	}
	return NewTarget(criteria...)
}

// ParseCriteria reads the text of a target without judging its values, so
// that a user or a key may stand there as it is.
func ParseCriteria(s string) ([]Criterion, error) {
	var criteria []Criterion
	for rest, more := s, true; more; {
		var c Criterion
		var err error
		if c, rest, more, err = nextCriterion(rest); err != nil {
			return nil, fmt.Errorf("block target %q: %w", s, err)
		}
		criteria = append(criteria, c)
	}
	return criteria, nil
}

func nextCriterion(s string) (c Criterion, rest string, more bool, err error) {
	s = strings.TrimSpace(s)
	name, value, named := strings.Cut(s, ":")
	if !named || !slices.Contains(scopes[:], Scope(name)) { // an address, IPv6 has colons
		value, rest, more = strings.Cut(s, joint)
		p, err := parsePrefix(strings.TrimSpace(value))
		if err != nil {
			return c, "", false, errors.New("want an address such as 192.0.2.7, a prefix such as 192.0.2.0/24, or SCOPE:VALUE such as country:AQ")
		}
		return criterionOf(p), rest, more, nil
	}
	if quoted, err := strconv.QuotedPrefix(value); err == nil && strings.HasPrefix(value, `"`) {
		after := strings.TrimSpace(value[len(quoted):])
		if after != "" && !strings.HasPrefix(after, "&") {
			return c, "", false, fmt.Errorf("after %s: want & or nothing", quoted)
		}
		value, _ = strconv.Unquote(quoted)
		return Criterion{Scope(name), value}, strings.TrimPrefix(after, "&"), after != "", nil
	}
	value, rest, more = strings.Cut(value, joint)
	return Criterion{Scope(name), strings.TrimSpace(value)}, rest, more, nil
}

func criterionOf(p netip.Prefix) Criterion {
	if p.IsSingleIP() {
		return Criterion{ScopeAddress, p.Addr().String()}
	}
	return Criterion{ScopePrefix, p.String()}
}

// Criteria lists what the target asks for, addresses first.
func (t Target) Criteria() []Criterion {
	var criteria []Criterion
	if t.prefix.IsValid() {
		criteria = append(criteria, criterionOf(t.prefix))
	}
	for rest := t.rest; rest != ""; {
		var c Criterion
		c, rest = cutCriterion(rest)
		criteria = append(criteria, c)
	}
	return criteria
}

// cutCriterion takes the first criterion off the text of those that are no
// addresses, which must be well-formed.
func cutCriterion(rest string) (Criterion, string) {
	end := 3 + int(rest[1])<<8 + int(rest[2])
	return Criterion{scopes[rest[0]], rest[3:end]}, rest[end:]
}

// ScopeAll is the scope of a target with several criteria.
const ScopeAll Scope = "all"

// Scope tells which kind of target it is: that of its only criterion, or
// ScopeAll.
func (t Target) Scope() Scope {
	switch {
	case t.rest == "" && t.prefix.IsSingleIP():
		return ScopeAddress
	case t.rest == "":
		return ScopePrefix
	case t.prefix.IsValid():
		return ScopeAll
	}
	c, more := cutCriterion(t.rest)
	if more != "" {
		return ScopeAll
	}
	return c.Scope
}

// Value gives the value that the target asks for in a scope.
func (t Target) Value(s Scope) (string, bool) {
	for _, c := range t.Criteria() {
		if c.Scope == s {
			return c.Value, true
		}
	}
	return "", false
}

// Prefix is the addresses that the target asks for; a single address has full
// length. It is invalid when addresses do not matter.
func (t Target) Prefix() netip.Prefix { return t.prefix }

// Plain tells whether the target is an address or a prefix and nothing else.
func (t Target) Plain() bool { return t.prefix.IsValid() && t.rest == "" }

// Exemption tells whether the target is that of an exemption.
func (t Target) Exemption() bool { return t.exempt }

// Exempt is the target of an exemption for what t matches.
func (t Target) Exempt() Target { t.exempt = true; return t }

// Blocked is the target of a block on what t matches.
func (t Target) Blocked() Target { t.exempt = false; return t }

// Covers tells whether every request that meets other meets t too.
func (t Target) Covers(other Target) bool {
	if t.prefix.IsValid() && (!other.prefix.IsValid() || t.prefix.Bits() > other.prefix.Bits() || !t.prefix.Contains(other.prefix.Addr())) {
		return false
	}
	for rest := t.rest; rest != ""; {
		var c Criterion
		c, rest = cutCriterion(rest)
		if v, ok := other.Value(c.Scope); !ok || v != c.Value {
			return false
		}
	}
	return t.valid()
}

// String is the target as people write it, and as ParseTarget reads it.
func (t Target) String() string {
	var parts []string
	for _, c := range t.Criteria() {
		parts = append(parts, c.String())
	}
	return strings.Join(parts, joint)
}

// String is the criterion as people write it.
func (c Criterion) String() string {
	switch {
	case c.Scope == ScopeAddress || c.Scope == ScopePrefix:
		return c.Value
	case strings.ContainsAny(c.Value, `&"`) || strings.TrimSpace(c.Value) != c.Value:
		return string(c.Scope) + ":" + strconv.Quote(c.Value)
	default:
		return string(c.Scope) + ":" + c.Value
	}
}

func (t Target) valid() bool { return t.prefix.IsValid() || t.rest != "" }

// Valid tells whether the target asks for anything.
func (t Target) Valid() bool { return t.valid() }

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
