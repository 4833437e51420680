package block

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

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
