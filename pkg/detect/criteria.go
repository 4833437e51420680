package detect

import (
	"net/netip"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/decoy"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// criteria are what a finding's block asks of requests, with secrets as they
// are. There are none when the record does not tell all of it.
func (s *scan) criteria(f *finding.Finding, scopes []block.Scope, row int) []block.Criterion {
	if len(scopes) == 0 {
		return []block.Criterion{{Scope: block.Scope(f.Actor.Kind), Value: f.Actor.Value}}
	}
	var criteria []block.Criterion
	for _, scope := range scopes {
		v := ""
		if row >= 0 {
			v = s.value(scope, row)
		}
		if v == "" {
			return nil
		}
		if scope == block.ScopeAddress && strings.Contains(v, "/") {
			scope = block.ScopePrefix
		}
		criteria = append(criteria, block.Criterion{Scope: scope, Value: v})
	}
	return criteria
}

// scopeFields are the columns of scopes that are compared as they stand.
var scopeFields = map[block.Scope]event.TextField{
	block.ScopeUser: event.User, block.ScopeApplication: event.Application, block.ScopeKey: event.Principal,
	block.ScopeToken: event.Principal, block.ScopeSession: event.Session, block.ScopeFingerprint: event.TLSFingerprint,
	block.ScopeUserAgent: event.UserAgent, block.ScopeAPI: event.API, block.ScopeCountry: event.Country, block.ScopeNetwork: event.Network,
}

// value is what a row has in a scope, as a block names it; empty when that is
// not known.
func (s *scan) value(scope block.Scope, row int) string {
	switch scope {
	case block.ScopeAddress, block.ScopePrefix:
		if client := s.batch.Addr(event.ClientAddress, row); client.IsValid() {
			return finding.ActorOf(client).Value
		}
		return ""
	case block.ScopeRoute:
		return s.route(row)
	case block.ScopeKey, block.ScopeToken:
		if kind := s.batch.Text(event.PrincipalKind, row); len(kind) > 0 && string(kind) != string(scope) {
			return ""
		}
	}
	v := string(s.batch.Text(scopeFields[scope], row))
	if scope == block.ScopeUserAgent {
		return block.CutValue(v)
	}
	return v
}

// route is the route of a row with its method; where no route is known the
// path, as agents compare it. A path that would be read as a template is none:
// clients choose it.
func (s *scan) route(row int) string {
	route := string(s.batch.Text(event.Route, row))
	if route == "" {
		route = string(decoy.AppendClean(nil, s.batch.Text(event.Path, row)))
		if strings.Contains(route, "/{") || strings.HasSuffix(route, "/**") {
			return ""
		}
	}
	if method := s.batch.Text(event.Method, row); len(method) > 0 {
		return string(method) + " " + route
	}
	return route
}

// meets tells whether a row has what a criterion asks for.
func (s *scan) meets(c block.Criterion, row int) bool {
	if c.Scope == block.ScopeAddress || c.Scope == block.ScopePrefix {
		client := s.batch.Addr(event.ClientAddress, row)
		p, err := netip.ParsePrefix(c.Value)
		return err == nil && p.Contains(client) || client.IsValid() && c.Value == client.String()
	}
	return s.value(c.Scope, row) == c.Value
}

// targetText writes criteria as a block's target in a segment, with secrets by
// the names that the segment's agents know; empty when there is no such block.
func (d *Detector) targetText(criteria []block.Criterion, segment string) string {
	named := make([]block.Criterion, len(criteria))
	for i, c := range criteria {
		if c.Scope.Secret() {
			c.Value = d.options.Names(segment, finding.Actor{Kind: finding.ActorKind(c.Scope), Value: c.Value})
		}
		named[i] = c
	}
	t, err := block.NewTarget(named...)
	if err != nil {
		return ""
	}
	return t.String()
}
