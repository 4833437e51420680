package haproxy

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/enforce/mirror"
)

// The kinds of keys, each looked up in maps of its own.
const (
	byAddress = "address"
	byAgent   = "agent"
	byPath    = "path"
)

// stateTable is the map that says how the others are to be read.
const stateTable = "state"

// Keys of the state.
const (
	serialKey = "serial" // of what the maps hold
	askKey    = "ask"    // "1" while there are exemptions that no map can hold
)

// tableNames lists all maps, exemptions first: in this order they are filled.
func tableNames() []string {
	var names []string
	for _, a := range [...]block.Action{block.Allow, block.Drop, block.Deny, block.Divert, block.Flag} {
		for _, kind := range [...]string{byAddress, byAgent, byPath} {
			names = append(names, tableName(a, kind))
		}
	}
	return append(names, stateTable)
}

func tableName(a block.Action, kind string) string { return a.String() + "-" + kind }

// Holds tells what the maps can hold.
func Holds(t block.Target, a block.Action) bool {
	_, _, ok := keyOf(t)
	return ok && a != block.Throttle
}

// wanted tells what is followed: what the maps can hold, and all exemptions,
// so as to know whether there are some that they cannot.
func wanted(t block.Target, a block.Action) bool {
	return a == block.Allow || Holds(t, a)
}

// keyOf is the key of a target in the maps of its kind. Text is in base64,
// since a key ends at the first space.
func keyOf(t block.Target) (kind, key string, ok bool) {
	if t.Plain() {
		p := t.Prefix()
		if p.IsSingleIP() {
			return byAddress, p.Addr().String(), true
		}
		return byAddress, p.String(), !holdsIPv4(p)
	}
	switch t.Scope() {
	case block.ScopeUserAgent:
		v, _ := t.Value(block.ScopeUserAgent)
		return byAgent, encode(v), true
	case block.ScopeRoute:
		v, _ := t.Value(block.ScopeRoute)
		return byPath, encode(v), plainPath(v) && (t.Exemption() || v == "/" || !strings.HasSuffix(v, "/"))
	}
	return "", "", false
}

// holdsIPv4 tells whether HAProxy would find clients of IPv4 in a prefix of
// IPv6: those that no prefix of IPv4 holds are looked up again as mapped ones.
func holdsIPv4(p netip.Prefix) bool {
	return p.Addr().Is6() && p.Contains(netip.AddrFrom16([16]byte{10: 0xff, 11: 0xff}))
}

// plainPath tells whether a canonical route is a path and nothing else. One
// with parameters is left to the agent: HAProxy looks blocks up without them.
func plainPath(route string) bool {
	return strings.HasPrefix(route, "/") && !strings.Contains(route, "/{}") && !strings.HasSuffix(route, "/**") && !strings.Contains(route, ";")
}

// valueOf is what a map says about a key: the action, the id, the end in Unix
// seconds, and what the action needs. No part holds a space, a colon or a
// semicolon.
func valueOf(e *mirror.Entry, end time.Time) string {
	head := fmt.Sprintf("%s:%s:%d", e.Action, e.ID, end.Unix()+1) // not a moment before it
	switch e.Action {
	case block.Deny:
		kind, body := e.Terms.AnswerBody()
		return head + ":" + strconv.Itoa(e.Terms.AnswerStatus(e.Action)) + ":" + encode(kind) + ":" + encode(oneLine(body))
	case block.Flag:
		name, value := e.Terms.FlagHeader(e.ID)
		return head + ":" + name + ":" + encode(value)
	default:
		return head
	}
}

func encode(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// oneLine has spaces in place of control characters, which HAProxy would send
// as %0A and the like. To JSON it is all the same.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}
