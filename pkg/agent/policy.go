package agent

import (
	"crypto/rand"
	"fmt"
	"net/netip"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/identify"
)

// Policy is what an agent goes by besides the service's blocks. It may not be
// changed once an agent has it.
type Policy struct {
	Allow  *Allow         // whom this agent never refuses, whoever asks; nil = nobody
	APIs   *identify.APIs // which requests belong to which api; nil = as requests say
	Fail   []FailRule     // while there are no blocks to go by: the first that fits
	Places Places         // nil = no address has a country or a network
}

// FailRule says what becomes of the requests of a route while an agent has no
// blocks to go by.
type FailRule struct {
	Route  block.Target // of an exemption where they pass: met letter by letter
	Closed bool         // they are refused; otherwise they pass, as those of other routes do
}

// Places tells where addresses belong. It is safe for concurrent use.
type Places interface {
	// Place gives an address's country as two letters and its network as
	// "AS64500", each "" when it is not known. It waits for nothing.
	Place(a netip.Addr) (country, network string)
}

// Allow is the targets that an agent never refuses. It is immutable and safe
// for concurrent use; nil is empty.
type Allow struct {
	set     *block.Set
	replica *block.Replica // of the set, with its key
}

// always is how long an agent allows what it allows by itself. It is no more,
// so that a time can be added to it.
const always = 100 * 365 * 24 * time.Hour

// NewAllow makes a list of targets as their criteria, in which users, keys,
// tokens and sessions stand as they are. They are kept as hashes under a key
// that nobody else has.
func NewAllow(targets ...[]block.Criterion) (*Allow, error) {
	var secret [32]byte
	if _, err := rand.Read(secret[:]); err != nil {
		return nil, fmt.Errorf("make a key for the allow list: %w", err)
	}
	key := block.NewMatchKey(secret)
	var b block.Builder
	for i, criteria := range targets {
		t, err := key.Target(criteria)
		if err != nil {
			return nil, fmt.Errorf("allow list, target %d: %w", i+1, err)
		}
		b.Add(block.Delta{
			Revision: uint64(i + 1), Target: t.Exempt(), ID: block.ID(i + 1), Left: always, Action: block.Allow,
		}, 0)
	}
	l := &Allow{b.Set(uint64(len(targets))), block.NewReplica()}
	l.replica.SetKeys(block.All, []block.MatchKey{key})
	l.replica.Load(block.All, l.set, 0)
	return l, nil
}

// holds tells whether the list is about a request. A user that is the
// client's own word is nobody here.
func (l *Allow) holds(q *block.Request) bool {
	if l == nil || l.set.Version().Count == 0 {
		return false
	}
	if q.Claimed {
		q = unnamed(q)
	}
	return l.replica.Decide(q, 0).Found
}

// SetPolicy replaces the policy, from the next request on.
func (a *Agent) SetPolicy(p Policy) {
	old := a.policy.Swap(&p)
	a.locate.doubt()
	a.replaced("", old.Allow.blocks(), p.Allow.blocks(), a.clock.Now())
}

func (l *Allow) blocks() *block.Set {
	if l == nil {
		return nil
	}
	return l.set
}
