package block

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Scope is what kind of thing a block matches.
type Scope string

// The scopes. A prefix of full length is an address.
const (
	ScopeAddress Scope = "address"
	ScopePrefix  Scope = "prefix"
)

// Target is what a block matches: an address or a prefix, in canonical form.
// The zero Target is invalid. Targets are comparable.
type Target struct{ prefix netip.Prefix }

// AddressTarget matches one address. IPv4-mapped IPv6 is taken as IPv4.
func AddressTarget(a netip.Addr) Target {
	a = a.Unmap().WithZone("")
	return Target{netip.PrefixFrom(a, a.BitLen())}
}

// PrefixTarget matches all addresses of a prefix. Host bits are cleared, and
// a prefix inside ::ffff:0:0/96 is taken as IPv4.
func PrefixTarget(p netip.Prefix) Target {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return Target{p.Masked()}
}

// ParseTarget reads an address or a prefix.
func ParseTarget(s string) (Target, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		return AddressTarget(a), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return Target{}, fmt.Errorf("block target %q: want an address such as 192.0.2.7 or a prefix such as 192.0.2.0/24", s)
	}
	return PrefixTarget(p), nil
}

// Scope tells which kind of target it is.
func (t Target) Scope() Scope {
	if t.prefix.IsSingleIP() {
		return ScopeAddress
	}
	return ScopePrefix
}

// Prefix is the target as a prefix; a single address has full length.
func (t Target) Prefix() netip.Prefix { return t.prefix }

// String is the address or the prefix as people write it.
func (t Target) String() string {
	if t.prefix.IsSingleIP() {
		return t.prefix.Addr().String()
	}
	return t.prefix.String()
}

// Key is the target as part of a key on the bus: "address.c0000207",
// "prefix.c0000200-24".
func (t Target) Key() string {
	key := string(t.Scope()) + "." + hex.EncodeToString(t.prefix.Addr().AsSlice())
	if t.Scope() == ScopePrefix {
		key += "-" + strconv.Itoa(t.prefix.Bits())
	}
	return key
}

// ParseKey is the inverse of Block.Key.
func ParseKey(key string) (segment string, t Target, err error) {
	parts := strings.Split(key, ".")
	if len(parts) != 3 || !ValidName(parts[0]) {
		return "", Target{}, fmt.Errorf("block key %q: want SEGMENT.SCOPE.VALUE", key)
	}
	digits, bits, isPrefix := strings.Cut(parts[2], "-")
	raw, err := hex.DecodeString(digits)
	addr, ok := netip.AddrFromSlice(raw)
	if err != nil || !ok {
		return "", Target{}, fmt.Errorf("block key %q: want an address in hex", key)
	}
	n := addr.BitLen()
	if isPrefix {
		if n, err = strconv.Atoi(bits); err != nil {
			return "", Target{}, fmt.Errorf("block key %q: want a prefix length after the dash", key)
		}
	}
	t = PrefixTarget(netip.PrefixFrom(addr, n))
	if !t.valid() || t.Key() != parts[1]+"."+parts[2] {
		return "", Target{}, fmt.Errorf("block key %q is not canonical", key)
	}
	return parts[0], t, nil
}

func (t Target) valid() bool { return t.prefix.IsValid() }

type targetJSON struct {
	Scope Scope  `json:"scope"`
	Value string `json:"value"`
}

// MarshalJSON writes {"scope": "address", "value": "192.0.2.7"}.
func (t Target) MarshalJSON() ([]byte, error) {
	return json.Marshal(targetJSON{t.Scope(), t.String()})
}

// UnmarshalJSON reads what MarshalJSON writes; the scope may be left out.
func (t *Target) UnmarshalJSON(data []byte) error {
	var v targetJSON
	if err := json.Unmarshal(data, &v); err != nil {
		return fmt.Errorf("block target: %w", err)
	}
	parsed, err := ParseTarget(v.Value)
	if err != nil {
		return err
	}
	if v.Scope != "" && v.Scope != parsed.Scope() {
		return fmt.Errorf("block target %q is of scope %q, not %q", v.Value, parsed.Scope(), v.Scope)
	}
	*t = parsed
	return nil
}
