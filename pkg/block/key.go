package block

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// exemptKey marks the key of an exemption's target.
const exemptKey = "x-"

// Key is the target as part of a key on the bus: "address.c0000207",
// "prefix.c0000200-24", "country.QVE" and "all.…" with the value in URL-safe
// base64. An exemption's has "x-" before it.
func (t Target) Key() string {
	key := string(t.Scope()) + "." + t.keyValue()
	if t.exempt {
		return exemptKey + key
	}
	return key
}

func (t Target) keyValue() string {
	switch t.Scope() {
	case ScopeAddress:
		return hex.EncodeToString(t.prefix.Addr().AsSlice())
	case ScopePrefix:
		return hex.EncodeToString(t.prefix.Addr().AsSlice()) + "-" + strconv.Itoa(t.prefix.Bits())
	case ScopeAll:
		return base64.RawURLEncoding.EncodeToString(t.appendBinary(nil))
	default:
		return base64.RawURLEncoding.EncodeToString([]byte(t.Criteria()[0].Value))
	}
}

// ParseKey is the inverse of Block.Key.
func ParseKey(key string) (segment string, t Target, err error) {
	parts := strings.Split(key, ".")
	if len(parts) != 3 || !ValidName(parts[0]) {
		return "", Target{}, fmt.Errorf("block key %q: want SEGMENT.SCOPE.VALUE", key)
	}
	scope, exempt := strings.CutPrefix(parts[1], exemptKey)
	if t, err = parseKeyValue(Scope(scope), parts[2]); err != nil {
		return "", Target{}, fmt.Errorf("block key %q: %w", key, err)
	}
	t.exempt = exempt
	if t.Key() != parts[1]+"."+parts[2] {
		return "", Target{}, fmt.Errorf("block key %q is not canonical", key)
	}
	return parts[0], t, nil
}

func parseKeyValue(scope Scope, value string) (Target, error) {
	if scope == ScopeAddress || scope == ScopePrefix {
		return parseKeyPrefix(value)
	}
	raw, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil {
		return Target{}, fmt.Errorf("want URL-safe base64: %w", err)
	}
	if scope != ScopeAll {
		return NewTarget(Criterion{scope, string(raw)})
	}
	t, n := readTarget(raw)
	if n != len(raw) {
		return Target{}, fmt.Errorf("its criteria end at byte %d of %d", n, len(raw))
	}
	return t, nil
}

func parseKeyPrefix(value string) (Target, error) {
	digits, bits, isPrefix := strings.Cut(value, "-")
	raw, err := hex.DecodeString(digits)
	addr, ok := netip.AddrFromSlice(raw)
	if err != nil || !ok {
		return Target{}, fmt.Errorf("want an address in hex")
	}
	n := addr.BitLen()
	if isPrefix {
		if n, err = strconv.Atoi(bits); err != nil {
			return Target{}, fmt.Errorf("want a prefix length after the dash")
		}
	}
	t := PrefixTarget(netip.PrefixFrom(addr, n))
	if !t.valid() {
		return Target{}, fmt.Errorf("want a prefix length that fits")
	}
	return t, nil
}

// Binary form of a target:
//
//	flags(1): 1 = exemption; size(1) of the address, 0, 4 or 16
//	bits(1) address, if there is one
//	length(2, big-endian) of the other criteria, each code(1) length(2) value
const (
	exemptFlag  = 1
	targetFixed = 4 // bytes without address and criteria
)

func (t Target) appendBinary(dst []byte) []byte {
	var flags byte
	if t.exempt {
		flags = exemptFlag
	}
	if t.prefix.IsValid() {
		a := t.prefix.Addr()
		dst = append(dst, flags, byte(a.BitLen()/8), byte(t.prefix.Bits()))
		if a.Is4() {
			b := a.As4()
			dst = append(dst, b[:]...)
		} else {
			b := a.As16()
			dst = append(dst, b[:]...)
		}
	} else {
		dst = append(dst, flags, 0)
	}
	return append(append(dst, byte(len(t.rest)>>8), byte(len(t.rest))), t.rest...)
}

// readTarget reads a target and the number of its bytes; 0 when it is cut or
// not canonical.
func readTarget(data []byte) (Target, int) {
	if len(data) < targetFixed || data[0] > exemptFlag {
		return Target{}, 0
	}
	t, at := Target{exempt: data[0] == exemptFlag}, 2
	if size := int(data[1]); size != 0 {
		if size != 4 && size != 16 || len(data) < 3+size+2 {
			return Target{}, 0
		}
		addr, _ := netip.AddrFromSlice(data[3 : 3+size])
		t.prefix = netip.PrefixFrom(addr, int(data[2]))
		if !t.prefix.IsValid() || PrefixTarget(t.prefix).prefix != t.prefix {
			return Target{}, 0
		}
		at = 3 + size
	}
	n := int(data[at])<<8 | int(data[at+1])
	at += 2
	if len(data) < at+n || n > maxRest || !canonicalRest(string(data[at:at+n])) {
		return Target{}, 0
	}
	t.rest = string(data[at : at+n])
	if !t.valid() {
		return Target{}, 0
	}
	return t, at + n
}

// canonicalRest tells whether these are criteria as NewTarget writes them.
func canonicalRest(rest string) bool {
	for last := ScopePrefix.code(); rest != ""; {
		if len(rest) < criterionFixed || rest[0] <= last || int(rest[0]) >= len(scopes) {
			return false
		}
		if criterionFixed+int(rest[1])<<8+int(rest[2]) > len(rest) {
			return false
		}
		var value string
		last, value, rest = cutCriterion(rest)
		if v, err := scopes[last].canonical(value); err != nil || v != value {
			return false
		}
	}
	return true
}
