package ruletest

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/mistake"
	"github.com/honeymoat/honeymoat/pkg/payload"
	"github.com/honeymoat/honeymoat/pkg/sigma"
	"github.com/honeymoat/honeymoat/pkg/sigma/match"
)

// oddities warns of what the language allows and what our logs make a mistake
// of: kinds of attack that there are not, and blocks for everybody.
func oddities(rules []*sigma.Rule) mistake.List {
	var list mistake.List
	known := map[mistake.Mistake]bool{} // a filter's items are in each of its rules
	add := func(m mistake.Mistake) {
		if !known[m] {
			known[m], list = true, append(list, m)
		}
	}
	ordinary := ordinaryRequests()
	for _, r := range rules {
		sigma.Walk(r.Condition, func(i *sigma.Item) {
			for _, m := range unknownKinds(i) {
				add(m)
			}
		})
		if b := r.Honeymoat.Block; !r.Silent && b.TTL > 0 && b.Mode == sigma.BlockEnforce && holdsOfAll(r, ordinary) {
			add(warningAt(r.Place, `narrow it, or begin with "mode: rollout"`, "the rule matches ordinary requests, and its block is enforced"))
		}
	}
	return list
}

func warningAt(at sigma.Place, hint, format string, args ...any) mistake.Mistake {
	return mistake.Mistake{File: at.File, Line: at.Line, Column: at.Column, Message: fmt.Sprintf(format, args...), Hint: hint}
}

// unknownKinds tells the values of a field of attacks that are none.
func unknownKinds(i *sigma.Item) mistake.List {
	f, ok := match.FieldOf(i.Field)
	if !ok || i.Op != sigma.Matches || f.Name() != "attack" && !strings.HasPrefix(f.Name(), "attack.") {
		return nil
	}
	var list mistake.List
	for _, v := range i.Values {
		if kindMatches(v) {
			continue
		}
		hint := "the kinds are " + strings.Join(payload.KindNames(), ", ")
		if near := mistake.Nearest(strings.ToLower(v.Written), payload.KindNames()); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		list = append(list, warningAt(i.Place, hint, "%s: there is no kind of attack %q", i.Field, v.Written))
	}
	return list
}

// kindMatches tells whether a value may be a kind of attack: one of their
// names, none at all, or a pattern.
func kindMatches(v sigma.Value) bool {
	if v.Kind != sigma.TextValue || len(v.Pattern) == 0 {
		return v.Kind == sigma.TextValue
	}
	if len(v.Pattern) > 1 || v.Pattern[0].Kind != sigma.Literal {
		return true
	}
	_, ok := payload.ParseKind(strings.ToLower(v.Pattern[0].Text))
	return ok
}

func holdsOfAll(r *sigma.Rule, b *event.Batch) bool {
	for row := range b.Rows() {
		if !match.Holds(r, b, row, match.Options{}) {
			return false
		}
	}
	return true
}

// ordinaryRequests are requests that have nothing in common but that they are
// requests.
func ordinaryRequests() *event.Batch {
	b := &event.Batch{Header: event.Header{Source: "access", Gateway: "edge", Format: "combined"}}
	request := func(at time.Time, client, method, path, query, agent string, status, size int64) {
		b.SetNumber(event.Time, at.UnixNano())
		b.SetNumber(event.Status, status)
		b.SetNumber(event.ResponseBytes, size)
		b.SetAddr(event.PeerAddress, netip.MustParseAddr(client))
		b.SetAddr(event.ClientAddress, netip.MustParseAddr(client))
		b.SetString(event.Method, method)
		b.SetString(event.Path, path)
		b.SetString(event.Query, query)
		b.SetString(event.Protocol, "HTTP/1.1")
		b.SetString(event.UserAgent, agent)
		b.EndRow()
	}
	day := time.Date(2025, time.October, 10, 13, 55, 36, 0, time.UTC)
	request(day, "203.0.113.7", "GET", "/", "", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", 200, 5120)
	request(day.Add(1000*time.Hour+17*time.Minute), "2001:db8:7::9", "POST", "/api/v1/carts/3", "page=2", "shop/4.1", 201, 48)
	return b
}
