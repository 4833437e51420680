package block

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
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

// AddressTarget matches one address. IPv4-mapped IPv6 is taken as IPv4, and a
// zone is left out, as of a request's client.
func AddressTarget(a netip.Addr) Target {
	a = canonicalAddr(a)
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
	switch {
	case !t.valid():
		return Target{}, errors.New("block target: want at least one of " + fmt.Sprint(scopes))
	case len(t.rest) > maxRest:
		return Target{}, fmt.Errorf("block target: its criteria take %d bytes, want at most %d", len(t.rest), maxRest)
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

// maxRest bounds the criteria of a target, in bytes, so that its key on the
// bus stays well within the bus's bound of 4 KiB for a subject.
const maxRest = 2 << 10

// Criteria lists what the target asks for, addresses first.
func (t Target) Criteria() []Criterion {
	var criteria []Criterion
	if t.prefix.IsValid() {
		criteria = append(criteria, criterionOf(t.prefix))
	}
	for rest := t.rest; rest != ""; {
		var code byte
		var value string
		code, value, rest = cutCriterion(rest)
		criteria = append(criteria, Criterion{scopes[code], value})
	}
	return criteria
}

// cutCriterion takes the first criterion off those that are no addresses.
func cutCriterion(rest string) (code byte, value, after string) {
	end := criterionFixed + int(rest[1])<<8 + int(rest[2])
	return rest[0], rest[criterionFixed:end], rest[end:]
}

// criterionFixed is the bytes of a criterion before its value.
const criterionFixed = 3

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
	code, _, more := cutCriterion(t.rest)
	if more != "" {
		return ScopeAll
	}
	return scopes[code]
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

// value is Value of the scope with a code, other than addresses.
func (t Target) value(wanted byte) (string, bool) {
	for rest := t.rest; rest != ""; {
		var code byte
		var value string
		if code, value, rest = cutCriterion(rest); code == wanted {
			return value, true
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

// Covers tells whether every request that meets other meets t too, routes
// being taken as they are written.
func (t Target) Covers(other Target) bool {
	if t.prefix.IsValid() && (!other.prefix.IsValid() || t.prefix.Bits() > other.prefix.Bits() || !t.prefix.Contains(other.prefix.Addr())) {
		return false
	}
	for rest := t.rest; rest != ""; {
		var code byte
		var value string
		code, value, rest = cutCriterion(rest)
		if v, ok := other.value(code); !ok || v != value {
			return false
		}
	}
	return t.valid()
}

func (t Target) valid() bool { return t.prefix.IsValid() || t.rest != "" }

// Valid tells whether the target asks for anything.
func (t Target) Valid() bool { return t.valid() }
