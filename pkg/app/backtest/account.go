package backtest

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// account is what is known of somebody who was found.
type account struct {
	actor       finding.Actor
	matches     int64
	first, last time.Time
	since       place // of the first match
	sample      *wire.BacktestMatch
	served      *wire.BacktestMatch // a match that was answered with success
	requests    int64               // since the first match
	successful  int64
	blocked     *wire.BacktestedHit
	terms       []term // blocks that are not over, one after the other
}

// term is the time of one block.
type term struct {
	after place // the record on which it stands
	until int64
}

// request counts a request of the account.
func (a *account) request(at place, successful bool) {
	if at.compare(a.since) <= 0 {
		return
	}
	for len(a.terms) > 0 && a.terms[0].until <= at.time {
		a.terms = a.terms[1:]
	}
	refused := len(a.terms) > 0 && at.compare(a.terms[0].after) > 0
	a.requests++
	if refused {
		a.blocked.Requests++
	}
	if successful {
		a.successful++
		if refused {
			a.blocked.Successful++
		}
	}
}

// maxAccounts is how many actors are told apart.
const maxAccounts = 50_000

// accounts are those of everybody who was found, up to a bound. Those that go
// for others leave what they would have been refused in gone.
type accounts struct {
	byActor   map[finding.Actor]*account
	byAddress map[event.Addr]*account
	gone      wire.BacktestBlock
	full      bool  // some have gone
	now       int64 // time of the latest match
}

func newAccounts() *accounts {
	return &accounts{byActor: map[finding.Actor]*account{}, byAddress: map[event.Addr]*account{}}
}

// of gives the account of an actor, a new one if there is none.
func (s *accounts) of(actor finding.Actor, since place) *account {
	s.now = max(s.now, since.time)
	a := s.byActor[actor]
	if a == nil {
		a = &account{actor: actor, since: since}
		s.byActor[actor] = a
		if key, ok := addressOf(actor); ok {
			s.byAddress[key] = a
		}
	}
	return a
}

// addressOf is the address under which an actor's requests are counted.
func addressOf(a finding.Actor) (event.Addr, bool) {
	switch a.Kind {
	case finding.Address:
		addr, err := netip.ParseAddr(a.Value)
		return event.AddrFrom(addr), err == nil
	case finding.Prefix:
		p, err := netip.ParsePrefix(a.Value)
		return event.AddrFrom(p.Addr()), err == nil
	}
	return event.Addr{}, false
}

// trim forgets a tenth of the accounts once there are too many: those that are
// not blocked first, and of them those that matched least.
func (s *accounts) trim() {
	if len(s.byActor) <= maxAccounts {
		return
	}
	s.full = true
	list := s.list(func(a, b *account) int {
		return cmp.Or(cmp.Compare(a.blockedUntil(s.now), b.blockedUntil(s.now)), cmp.Compare(a.matches, b.matches))
	})
	for _, a := range list[:len(list)-maxAccounts*9/10] {
		s.forget(a)
	}
}

// blockedUntil is when the last block of an account ends; 0 = it is over.
func (a *account) blockedUntil(now int64) int64 {
	if n := len(a.terms); n > 0 && a.terms[n-1].until > now {
		return a.terms[n-1].until
	}
	return 0
}

func (s *accounts) forget(a *account) {
	if a.blocked != nil {
		s.gone.Actors++
		add(&s.gone, a.blocked)
	}
	delete(s.byActor, a.actor)
	if key, ok := addressOf(a.actor); ok {
		delete(s.byAddress, key)
	}
}

func add(sum *wire.BacktestBlock, h *wire.BacktestedHit) {
	sum.Blocks += h.Blocks
	sum.Requests += h.Requests
	sum.Successful += h.Successful
}

// list orders the accounts; equal ones by actor.
func (s *accounts) list(compare func(a, b *account) int) []*account {
	list := make([]*account, 0, len(s.byActor))
	for _, a := range s.byActor {
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b *account) int {
		return cmp.Or(compare(a, b), cmp.Compare(a.actor.Kind, b.actor.Kind), cmp.Compare(a.actor.Value, b.actor.Value))
	})
	return list
}
