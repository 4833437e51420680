package sigma

import (
	"net/netip"
	"strings"
)

func existence(_ *filling, a atom) ([]atom, *problem) {
	if a.modified || a.op != Matches {
		return nil, wrong("write exists alone", "exists cannot follow modifiers that change the value")
	}
	truth, ok := truthOf(a.value.Kind, a.value.Written)
	if !ok {
		return nil, wrong("", "exists wants true or false, not %q", a.value.Written)
	}
	a.op, a.value.Kind, a.value.Bool, a.value.Pattern = Exists, BoolValue, truth, nil
	return one(a)
}

// truthOf reads true and false, and the words that older YAML has for them.
func truthOf(kind ValueKind, written string) (truth, ok bool) {
	switch strings.ToLower(written) {
	case "true", "yes", "on":
		return true, kind != NumberValue
	case "false", "no", "off":
		return false, kind != NumberValue
	}
	return false, false
}

func regular(_ *filling, a atom) ([]atom, *problem) {
	if a.modified || a.op != Matches {
		return nil, wrong("write re before them", "re cannot follow modifiers that change the value")
	}
	a.op, a.value.Kind, a.value.Regexp, a.value.Pattern = Regexp, RegexpValue, a.value.Written, nil
	return one(a)
}

func flagged(flag string) modifier {
	return func(_ *filling, a atom) ([]atom, *problem) {
		if a.op != Regexp {
			return nil, wrong("write re|"+flag, "%s is a flag of regular expressions", flag)
		}
		if !strings.Contains(a.flags, flag) {
			a.flags += flag
		}
		return one(a)
	}
}

func network(_ *filling, a atom) ([]atom, *problem) {
	s, plain := a.value.Pattern.plain()
	if a.op != Matches || a.value.Kind != TextValue || !plain {
		return nil, wrong("", "cidr wants a network such as 192.0.2.0/24, not %s", a.describe())
	}
	prefix, err := netip.ParsePrefix(s)
	if addr, bad := netip.ParseAddr(s); err != nil && bad == nil {
		prefix, err = addr.Prefix(addr.BitLen())
	}
	if err != nil {
		return nil, wrong("write it as 192.0.2.0/24 or 2001:db8::/32", "%q is no network", s)
	}
	a.op, a.value.Kind, a.value.Prefix, a.value.Pattern = Within, PrefixValue, prefix.Masked(), nil
	return one(a)
}

func otherField(_ *filling, a atom) ([]atom, *problem) {
	if a.op != Matches || a.value.Kind != TextValue {
		return nil, wrong("", "fieldref wants the name of a field, not %s", a.describe())
	}
	s, plain := a.value.Pattern.plain()
	if !plain || s == "" {
		return nil, wrong("write contains, startswith and endswith behind it", "fieldref wants the name of a field, without wildcards")
	}
	a.op, a.value.Kind, a.value.Field, a.value.Pattern = SameAs, FieldValue, s, nil
	return one(a)
}

func compared(op Op) modifier {
	return func(_ *filling, a atom) ([]atom, *problem) {
		if a.op != Matches || !a.asNumber() {
			return nil, wrong("", "lt, lte, gt and gte want a number, not %s", a.describe())
		}
		a.op = op
		return one(a)
	}
}

// timePart is a part of a time with the numbers that it can be.
type timePart struct {
	name      string
	part      Part
	low, high float64
}

func partOfTime(p timePart) modifier {
	return func(_ *filling, a atom) ([]atom, *problem) {
		comparison := a.op == Matches || a.op >= Less && a.op <= GreaterEqual
		if !comparison || a.part != WholeValue || !a.asNumber() {
			return nil, wrong("", "%s wants a number, not %s", p.name, a.describe())
		}
		if n := a.value.Number; n != float64(int(n)) || a.op == Matches && (n < p.low || n > p.high) {
			return nil, wrong("", "%s is a whole number from %v to %v, not %s", p.name, p.low, p.high, a.value.Written)
		}
		a.part = p.part
		return one(a)
	}
}
