package privacy

import (
	"fmt"
	"maps"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// Policy is what becomes of a field that identifies somebody.
type Policy uint8

// The policies of text fields.
const (
	Clear Policy = iota // kept as it is
	Hash                // replaced by its keyed hash, so that it can be told apart and found again
	Drop                // not kept
)

// String is the policy's name in configuration.
func (p Policy) String() string { return [...]string{"clear", "hash", "drop"}[min(p, Drop)] }

// ParsePolicy reads a name.
func ParsePolicy(s string) (Policy, error) {
	for p := range Drop + 1 {
		if p.String() == s {
			return p, nil
		}
	}
	return 0, fmt.Errorf("policy %q: want clear, hash or drop", s)
}

// AddressPolicy is what becomes of an address. There is no hash: a hash is no
// address and would not fit the column, and of 2^32 addresses whoever has the
// key finds the right one by trying all.
type AddressPolicy uint8

// The policies of addresses.
const (
	AddressClear   AddressPolicy = iota // kept as it is
	AddressNetwork                      // cut to its network: /24, or /48 of IPv6
	AddressDrop                         // not kept
)

// String is the policy's name in configuration.
func (p AddressPolicy) String() string {
	return [...]string{"clear", "network", "drop"}[min(p, AddressDrop)]
}

// ParseAddressPolicy reads a name.
func ParseAddressPolicy(s string) (AddressPolicy, error) {
	for p := range AddressDrop + 1 {
		if p.String() == s {
			return p, nil
		}
	}
	return 0, fmt.Errorf("policy %q of an address: want clear, network or drop", s)
}

// apply gives what is kept of an address.
func (p AddressPolicy) apply(a event.Addr) event.Addr {
	switch p {
	case AddressDrop:
		return event.Addr{}
	case AddressNetwork:
		if a.Netip().Is4() {
			a[15] = 0
		} else {
			clear(a[6:])
		}
	}
	return a
}

// setPolicies takes the defaults and what was chosen.
func (m *Masker) setPolicies(o Options) error {
	standing := Hash
	if o.Keys.Empty() {
		standing = Drop
	}
	m.fields = map[event.TextField]Policy{event.User: standing, event.Principal: standing, event.Session: standing}
	for _, p := range o.Addresses {
		if p != AddressClear {
			m.fields[event.ForwardedFor] = Drop
		}
	}
	maps.Copy(m.fields, o.Fields)
	if m.fields[event.Sensitive] != Clear {
		return fmt.Errorf("field sensitive: it says what was masked, and is always clear")
	}
	for f, p := range o.Fields {
		if p == Hash && o.Keys.Empty() {
			return fmt.Errorf("field %s: the policy hash takes a key; give one, or choose clear or drop", f)
		}
	}
	return nil
}
