package main

import (
	"fmt"
	"math/rand/v2"
	"net/netip"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// A mixed set: 70 % addresses, 10 % prefixes, 10 % users, 5 % conjunctions and
// 5 % others. What block i is on follows from i alone.

// shares of a hundred, each up to and without the next.
const (
	fromPrefixes     = 70
	fromUsers        = 80
	fromConjunctions = 90
	fromOthers       = 95
)

func matchKey() block.MatchKey { return block.NewMatchKey([32]byte{1}) }

// agents are the user agents that conjunctions share.
const agents = 100

func mixedTarget(i int) (block.Target, error) {
	switch kind := i % 100; {
	case kind < fromPrefixes:
		return addressTarget(i)
	case kind < fromUsers:
		return block.PrefixTarget(mixedPrefix(i)), nil
	case kind < fromConjunctions:
		return block.NewTarget(block.Criterion{Scope: block.ScopeUser, Value: matchKey().Hash(block.ScopeUser, userName(i))})
	case kind < fromOthers:
		return block.NewTarget(
			block.Criterion{Scope: block.ScopeUserAgent, Value: agentName(i)},
			block.Criterion{Scope: block.ScopeAddress, Value: client(uint32(2 * i)).String()},
		)
	case kind == 95:
		return block.NewTarget(block.Criterion{Scope: block.ScopeRoute, Value: fmt.Sprintf("POST /orders/%d/{id}", i)})
	case kind == 96:
		return block.NewTarget(block.Criterion{Scope: block.ScopeApplication, Value: fmt.Sprintf("application-%d", i)})
	default:
		return block.NewTarget(block.Criterion{Scope: block.ScopeFingerprint, Value: fmt.Sprintf("t13d1516h2_%d", i)})
	}
}

// mixedPrefix is a /24, or a /64 or /56 of IPv6.
func mixedPrefix(i int) netip.Prefix {
	switch i % 3 {
	case 0:
		return netip.PrefixFrom(client(uint32(2*i)), 24)
	case 1:
		return netip.PrefixFrom(mixedClient6(i), 64)
	default:
		return netip.PrefixFrom(mixedClient6(i), 56)
	}
}

func mixedClient6(i int) netip.Addr {
	return netip.AddrFrom16([16]byte{0x20, 0x01, 0xd, 0xb8, byte(i >> 16), byte(i >> 8), byte(i), 0, 15: 1})
}

func userName(i int) string { return fmt.Sprintf("user-%d", i) }

func agentName(i int) string { return fmt.Sprintf("scanner/%d", i%agents) }

// measureMixed asks as an API's clients do: each request has a user, a user
// agent, a route and the other things that blocks may be about; one in ten has
// an IPv6 address. Half are refused, by blocks of every kind.
func measureMixed(n int) (decisions, error) {
	random := rand.New(rand.NewPCG(uint64(n), 2))
	return measureHeld(n, true, mixedTarget, func(among int, refused bool) asker {
		requests := make([]block.Request, among)
		for i := range requests {
			at := random.IntN(n)
			requests[i] = passing(n + at)
			if refused && random.IntN(2) == 0 {
				refuse(&requests[i], at)
			}
		}
		return func(i int, r *block.Request) { *r = requests[i%among] }
	})
}

// passing is a request that meets no block.
func passing(i int) block.Request {
	r := block.Request{
		Client: netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), Method: "GET", Path: fmt.Sprintf("/orders/%d/items", i),
		API: "shop", User: "customer-" + fmt.Sprint(i), Application: "web", UserAgent: agentName(i), Fingerprint: "t13d1517h2",
	}
	if i%10 == 0 {
		r.Client = netip.AddrFrom16([16]byte{0x20, 0x01, 0xd, 0xb9, byte(i >> 16), byte(i >> 8), byte(i), 0, 15: 1})
	}
	return r
}

// refuse gives a request what block i is on.
func refuse(r *block.Request, i int) {
	switch kind := i % 100; {
	case kind < fromPrefixes:
		r.Client = client(uint32(2 * i))
	case kind < fromUsers:
		r.Client = mixedPrefix(i).Addr()
	case kind < fromConjunctions:
		r.User = userName(i)
	case kind < fromOthers:
		r.Client, r.UserAgent = client(uint32(2*i)), agentName(i)
	case kind == 95:
		r.Method, r.Path = "POST", fmt.Sprintf("/orders/%d/7", i)
	case kind == 96:
		r.Application = fmt.Sprintf("application-%d", i)
	default:
		r.Fingerprint = fmt.Sprintf("t13d1516h2_%d", i)
	}
}
