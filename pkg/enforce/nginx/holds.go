package nginx

import (
	"slices"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// FilesHold tells what Files can hold with these scopes.
func FilesHold(scopes []block.Scope) func(t block.Target, a block.Action) bool {
	return filesHolds(scopes).want
}

// DictHolds tells what a Dict can hold with these scopes.
func DictHolds(scopes []block.Scope) func(t block.Target, a block.Action) bool {
	return dictHolds(scopes).want
}

func filesHolds(scopes []block.Scope) holds {
	return holds{scopes, []block.Action{block.Deny, block.Drop, block.Flag, block.Divert}}
}

func dictHolds(scopes []block.Scope) holds {
	return holds{scopes, []block.Action{block.Deny, block.Drop, block.Flag, block.Divert, block.Throttle}}
}

// holds tells what nginx can hold.
type holds struct {
	scopes  []block.Scope
	actions []block.Action // besides Allow
}

// want tells whether nginx can hold a block: one criterion of a scope that it
// knows. Of an exemption it is enough that it knows one of the criteria: then
// all that meet this one are left to the request path, since an exemption
// that is not known would be a client refused by mistake.
func (h holds) want(t block.Target, a block.Action) bool {
	criteria := t.Criteria()
	if a == block.Allow || t.Exemption() {
		return t.Exemption() && a == block.Allow && slices.ContainsFunc(criteria, h.knows)
	}
	return len(criteria) == 1 && h.knows(criteria[0]) && slices.Contains(h.actions, a)
}

func (h holds) knows(c block.Criterion) bool { return slices.Contains(h.scopes, c.Scope) }

// criterion is what an entry's target is held under: its only criterion, or
// that of an exemption which nginx knows.
func (h holds) criterion(t block.Target) (block.Criterion, bool) {
	criteria := t.Criteria()
	i := slices.IndexFunc(criteria, h.knows)
	if i < 0 {
		return block.Criterion{}, false
	}
	return criteria[i], true
}

// isAddress tells whether a scope is one of addresses: they are held together.
func isAddress(s block.Scope) bool { return s == block.ScopeAddress || s == block.ScopePrefix }

// FileScopes are the scopes that Files can hold, DefaultScopes those for which
// nginx needs to be told nothing: the others are read from variables that the
// operator sets.
func FileScopes() []block.Scope {
	return append(DefaultScopes(), block.ScopeAPI, block.ScopeApplication, block.ScopeFingerprint, block.ScopeNetwork, block.ScopeCountry)
}

// DefaultScopes are the scopes that nginx knows by itself.
func DefaultScopes() []block.Scope {
	return []block.Scope{block.ScopeAddress, block.ScopePrefix, block.ScopeUserAgent, block.ScopeRoute}
}
