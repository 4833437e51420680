package store

import (
	"context"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// Hashes gives what stands in the store for a value of a kind, "user" or
// "principal": its hashes under every key. Nil gives none.
type Hashes func(kind, value string) []string

// Preview tells what a block of a target would have hit in a period. Users,
// keys, tokens and sessions stand in the target in the clear, or by the hash
// that stands for them in the store. It fails for one
// that is given by the hash by which agents know it.
func (s *Store) Preview(ctx context.Context, target []block.Criterion, hashes Hashes, p wire.Period) (wire.Preview, error) {
	args, err := previewArgs(target, hashes)
	if err != nil {
		return wire.Preview{}, err
	}
	since, until := bounds(p)
	args = append(args, named("since", since), named("until", until))
	v, err := s.preview(ctx, append(args, named("by_path", false)))
	if slices.ContainsFunc(v.Routes, func(r wire.PreviewRoute) bool { return r.Route == "" }) {
		v, err = s.preview(ctx, append(args, named("by_path", true)))
	}
	v.Target, v.Since, v.Until = wire.Criteria(target).Hidden(), p.Since, p.Until
	return v, err
}

func (s *Store) preview(ctx context.Context, args []any) (v wire.Preview, err error) {
	v.Routes, err = ask(ctx, s, "preview", func(scan scanner, r *wire.PreviewRoute) error {
		return scan(&r.Host, &r.Route, &r.Requests, &r.Successful, &v.Requests, &v.Successful, &v.Clients, &v.Principals)
	}, args...)
	return v, err
}

// previewArgs are the query's parameters but for the period.
func previewArgs(target []block.Criterion, hashes Hashes) ([]any, error) {
	texts := map[string]string{}
	for _, name := range []string{
		"client", "client_prefix", "client_stem", "path_stem", "path_expression", "method",
		"fingerprint", "user_agent", "agent_stem", "api", "country", "network",
	} {
		texts[name] = ""
	}
	lists := map[string][]string{"user": {}, "application": {}, "principal": {}, "session": {}}
	for _, c := range target {
		if block.IsMatched(c.Value) && c.Scope.Secret() {
			return nil, fmt.Errorf("preview of %s: want the value itself: the store knows it by other hashes than agents do", c.Scope)
		}
		switch c.Scope {
		case block.ScopeAddress, block.ScopePrefix:
			if err := clientTexts(texts, c.Value); err != nil {
				return nil, err
			}
		case block.ScopeRoute:
			routeTexts(texts, c.Value)
		case block.ScopeKey, block.ScopeToken:
			lists["principal"] = slices.Concat(kept(hashes, string(c.Scope), c.Value), kept(hashes, "principal", c.Value))
		case block.ScopeUser, block.ScopeApplication, block.ScopeSession:
			lists[string(c.Scope)] = kept(hashes, string(c.Scope), c.Value)
		case block.ScopeUserAgent:
			agentTexts(texts, c.Value)
		default:
			texts[string(c.Scope)] = c.Value
		}
	}
	var args []any
	for name, v := range texts {
		args = append(args, named(name, v))
	}
	for name, v := range lists {
		args = append(args, named(name, v))
	}
	return args, nil
}

// kept is what may stand in the store for a value: itself, where it is not
// hashed, and its hashes.
func kept(hashes Hashes, kind, value string) []string {
	list := []string{value}
	if hashes != nil {
		list = append(list, hashes(kind, value)...)
	}
	return list
}

func clientTexts(texts map[string]string, v string) error {
	p, err := netip.ParsePrefix(v)
	if addr, failed := netip.ParseAddr(v); failed == nil {
		p, err = netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	if err != nil {
		return fmt.Errorf("preview of %q: want an address or a prefix", v)
	}
	p = block.PrefixTarget(p).Prefix()
	texts["client"], texts["client_prefix"] = clientArgs(p)
	if texts["client_prefix"] == "" {
		return nil
	}
	stem := stemOf(p)
	texts["client_stem"] = stem
	if p.Addr().Is4() && p.Bits() > 0 && p.Bits() == 8*strings.Count(stem, ".") {
		texts["client_prefix"] = "" // the stem says it all
	}
	return nil
}

// agentTexts asks for a user agent, of which a block knows the beginning.
func agentTexts(texts map[string]string, v string) {
	name := "user_agent"
	if len(v) >= block.MaxValue {
		name = "agent_stem"
	}
	texts[name] = v
}

// stemOf is a text with which all addresses of a prefix begin, as they are
// written: whole octets of IPv4; of IPv6 whole groups before the first that is
// zero, since zeros may be left out in several ways.
func stemOf(p netip.Prefix) string {
	var stem strings.Builder
	if p.Addr().Is4() {
		for _, octet := range p.Addr().AsSlice()[:p.Bits()/8] {
			stem.WriteString(strconv.Itoa(int(octet)) + ".")
		}
		return stem.String()
	}
	a := p.Addr().As16()
	for i := 0; i+16 <= p.Bits() && i < 112; i += 16 {
		group := uint64(a[i/8])<<8 | uint64(a[i/8+1])
		if group == 0 {
			break
		}
		stem.WriteString(strconv.FormatUint(group, 16) + ":")
	}
	return stem.String()
}

// What may stand after a segment of a path, and at its end: a block is on these
// spellings too.
const (
	pathParams = `(;[^/]*)?`
	pathEnd    = `(/+` + pathParams + `)*$`
)

// routeTexts asks for the paths that a block of a route matches, as far as a
// path that is neither decoded nor resolved shows it.
func routeTexts(texts map[string]string, route string) {
	method, path, ok := strings.Cut(route, " ")
	if !ok {
		method, path = "", route
	}
	texts["method"] = method
	if path != "/" {
		path = strings.TrimSuffix(path, "/")
	}
	expression, end := "^", pathEnd
	var stem strings.Builder
	literal := true
	for segment := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		switch {
		case segment == "**":
			expression, end, literal = expression+"(/.*)?", "$", false
		case strings.HasPrefix(segment, "{") && strings.HasSuffix(segment, "}"):
			expression, literal = expression+"/[^/]+", false
		default:
			expression += "/" + regexp.QuoteMeta(segment) + pathParams
			if literal {
				stem.WriteString("/" + segment)
			}
		}
	}
	texts["path_stem"], texts["path_expression"] = stem.String(), expression+end
	switch {
	case path == "/**":
		texts["path_stem"], texts["path_expression"] = "/", ""
	case stem.Len() == 0:
		texts["path_stem"] = "/"
	}
}
