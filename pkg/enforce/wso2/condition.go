package wso2

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"time"

	"go4.org/netipx"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/enforce/mirror"
)

// kind is a conditionType.
type kind string

const (
	kindAddress     kind = "IP"
	kindRange       kind = "IPRANGE"
	kindUser        kind = "USER"
	kindApplication kind = "APPLICATION"
	kindAPI         kind = "API"
)

// condition is a deny policy as far as it says what it denies. The value of an
// address or a range is the JSON object that WSO2 wants, its keys in order;
// that of others a name.
type condition struct {
	kind  kind
	value string
}

// fixedAddress and addressRange are the values of kindAddress and kindRange.
type fixedAddress struct {
	FixedIP string `json:"fixedIp"`
	Invert  bool   `json:"invert"`
}

type addressRange struct {
	EndingIP   string `json:"endingIp"`
	Invert     bool   `json:"invert"`
	StartingIP string `json:"startingIp"`
}

func addressCondition(r netipx.IPRange) condition {
	if r.From() == r.To() {
		return condition{kindAddress, object(fixedAddress{FixedIP: r.From().String()})}
	}
	return condition{kindRange, object(addressRange{StartingIP: r.From().String(), EndingIP: r.To().String()})}
}

func object(v any) string {
	data, err := json.Marshal(v)
	if err != nil { // structs of strings and booleans
		return "{}"
	}
	return string(data)
}

// Holds tells what a deny policy can express, once names are known.
func Holds(t block.Target, a block.Action) bool {
	switch t.Scope() {
	case block.ScopeAddress, block.ScopePrefix, block.ScopeUser, block.ScopeApplication, block.ScopeAPI:
		return a == block.Deny || a == block.Drop || a == block.Allow
	default:
		return false
	}
}

// desired is what WSO2 should hold, each with when it ends, and how many
// blocks it cannot hold. Ranges are cut around exemptions, and of exempt names
// there is none. name gives the user behind a hash.
func desired(entries []mirror.Entry, name func(hash string) (string, bool)) (conditions map[condition]time.Duration, left int, err error) {
	exempt, err := exemptions(entries)
	if err != nil {
		return nil, 0, err
	}
	conditions = map[condition]time.Duration{}
	for i := range entries {
		e := &entries[i]
		if e.Action == block.Allow {
			continue
		}
		if e.Target.Plain() {
			if err := cut(e.Target.Prefix(), exempt, func(c condition) { keepLonger(conditions, c, e.Until) }); err != nil {
				return nil, 0, err
			}
			continue
		}
		c, ok := named(e.Target, name)
		if !ok {
			left++
			continue
		}
		keepLonger(conditions, c, e.Until)
	}
	for i := range entries {
		if e := &entries[i]; e.Action == block.Allow && !e.Target.Plain() {
			if c, ok := named(e.Target, name); ok {
				delete(conditions, c)
			}
		}
	}
	return conditions, left, nil
}

func keepLonger(conditions map[condition]time.Duration, c condition, until time.Duration) {
	conditions[c] = max(conditions[c], until)
}

func exemptions(entries []mirror.Entry) (*netipx.IPSet, error) {
	var b netipx.IPSetBuilder
	for i := range entries {
		if e := &entries[i]; e.Action == block.Allow && e.Target.Plain() {
			b.AddPrefix(e.Target.Prefix())
		}
	}
	set, err := b.IPSet()
	if err != nil {
		return nil, fmt.Errorf("collect exemptions: %w", err)
	}
	return set, nil
}

// cut yields what is left of a prefix without the exemptions.
func cut(p netip.Prefix, exempt *netipx.IPSet, yield func(condition)) error {
	if !exempt.OverlapsPrefix(p) {
		yield(addressCondition(netipx.RangeOfPrefix(p)))
		return nil
	}
	var b netipx.IPSetBuilder
	b.AddPrefix(p)
	b.RemoveSet(exempt)
	rest, err := b.IPSet()
	if err != nil {
		return fmt.Errorf("cut %s around exemptions: %w", p, err)
	}
	for _, r := range rest.Ranges() {
		yield(addressCondition(r))
	}
	return nil
}

func named(t block.Target, name func(hash string) (string, bool)) (condition, bool) {
	c := t.Criteria()[0]
	switch c.Scope {
	case block.ScopeApplication:
		return condition{kindApplication, c.Value}, true
	case block.ScopeAPI:
		return condition{kindAPI, c.Value}, true
	case block.ScopeUser:
		user, ok := name(c.Value)
		return condition{kindUser, user}, ok
	default:
		return condition{}, false
	}
}
