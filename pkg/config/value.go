package config

import (
	"encoding"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Network is an address or a prefix.
type Network struct{ netip.Prefix }

// UnmarshalText reads "192.0.2.7", "192.0.2.0/24", "2001:db8::/32".
func (n *Network) UnmarshalText(text []byte) error {
	if a, err := netip.ParseAddr(string(text)); err == nil {
		n.Prefix = netip.PrefixFrom(a, a.BitLen())
		return nil
	}
	p, err := netip.ParsePrefix(string(text))
	if err != nil {
		return fmt.Errorf("%q is not an address or a prefix such as 192.0.2.0/24", text)
	}
	n.Prefix = p
	return nil
}

// MarshalText writes the prefix.
func (n Network) MarshalText() ([]byte, error) { return n.Prefix.MarshalText() }

// Networks is a list of addresses and prefixes.
type Networks []Network

// Prefixes is the list as prefixes.
func (n Networks) Prefixes() []netip.Prefix {
	prefixes := make([]netip.Prefix, len(n))
	for i := range n {
		prefixes[i] = n[i].Prefix
	}
	return prefixes
}

// ParseNetworks reads a list that is written in code.
func ParseNetworks(list ...string) (Networks, error) {
	networks := make(Networks, len(list))
	for i, s := range list {
		if err := networks[i].UnmarshalText([]byte(s)); err != nil {
			return nil, err
		}
	}
	return networks, nil
}

// Size is a number of bytes, written as "512MiB", "10GiB" or a plain number.
type Size int64

var units = []struct {
	suffix string
	bytes  int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"", 1}}

// UnmarshalText reads a size.
func (s *Size) UnmarshalText(text []byte) error {
	for _, u := range units {
		digits, ok := strings.CutSuffix(string(text), u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
		if err != nil || n < 0 || n > (1<<62)/u.bytes {
			return fmt.Errorf("%q is not a size such as 512MiB or 10GiB", text)
		}
		*s = Size(n * u.bytes)
		return nil
	}
	return fmt.Errorf("%q is not a size such as 512MiB or 10GiB", text)
}

// MarshalText writes the size with the largest unit that divides it.
func (s Size) MarshalText() ([]byte, error) {
	for i := len(units) - 2; i >= 0; i-- {
		if s != 0 && int64(s)%units[i].bytes == 0 {
			return []byte(strconv.FormatInt(int64(s)/units[i].bytes, 10) + units[i].suffix), nil
		}
	}
	return []byte(strconv.FormatInt(int64(s), 10)), nil
}

// UnmarshalYAML tells where in the file a value is wrong.
func (n *Network) UnmarshalYAML(node ast.Node) error { return scalar(node, n) }

// UnmarshalYAML tells where in the file a value is wrong.
func (s *Size) UnmarshalYAML(node ast.Node) error { return scalar(node, s) }

func scalar(node ast.Node, into encoding.TextUnmarshaler) error {
	tk := node.GetToken()
	if node.Type() == ast.MappingType || node.Type() == ast.MappingValueType {
		return &yaml.SyntaxError{Message: "want one value; put an IPv6 address into quotes", Token: tk}
	}
	if err := into.UnmarshalText([]byte(tk.Value)); err != nil {
		return &yaml.SyntaxError{Message: err.Error(), Token: tk}
	}
	return nil
}
