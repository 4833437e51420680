package block

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"
)

func scattered(i uint32) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], i*2_654_435_761)
	return netip.AddrFrom4(b)
}

func addressDelta(i int) Delta {
	return Delta{Revision: uint64(i + 1), Target: AddressTarget(scattered(uint32(2 * i))), ID: ID(i + 1), Left: time.Hour}
}

func ofAddresses(n int) *Set {
	var b Builder
	for i := range n {
		b.Add(addressDelta(i), 0)
	}
	return b.Set(0)
}

func BenchmarkDecide(b *testing.B) {
	for _, n := range []int{1_000, 100_000, 1_000_000} {
		replica := NewReplica()
		replica.Load(All, ofAddresses(n), 0)
		for _, among := range []int{1_000, 1 << 18} {
			b.Run(fmt.Sprintf("%d/%d", n, among), func(b *testing.B) {
				r := rand.New(rand.NewPCG(1, 1))
				clients := make([]netip.Addr, among)
				for i := range clients {
					clients[i] = scattered(r.Uint32N(uint32(2 * n)))
				}
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					_ = replica.Decide(&Request{Client: clients[i%among]}, 0)
				}
			})
		}
	}
}

func BenchmarkApply(b *testing.B) {
	for _, n := range []int{1_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			set := ofAddresses(n)
			b.ReportAllocs()
			for i := n; b.Loop(); i++ {
				set = set.Apply(addressDelta(i), 0)
			}
		})
	}
}

func BenchmarkSnapshot(b *testing.B) {
	set := ofAddresses(1_000_000)
	data := AppendSnapshot(nil, set, 0)
	b.Run("write", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			_ = AppendSnapshot(data[:0], set, 0)
		}
	})
	b.Run("read", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if _, err := ReadSnapshot(data, 0, 0); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// mixedDelta is one of a set like that of bench -only decisions: 70 %
// addresses, 10 % prefixes, 10 % users, 5 % conjunctions, 5 % others.
func mixedDelta(b *testing.B, key MatchKey, i int) Delta {
	d := addressDelta(i)
	client := scattered(uint32(2 * i))
	net := netip.AddrFrom16([16]byte{0x20, 0x01, 0xd, 0xb8, byte(i >> 16), byte(i >> 8), byte(i)})
	var criteria []Criterion
	switch kind := i % 100; {
	case kind < 70:
		return d
	case kind < 80 && i%3 == 0:
		d.Target = PrefixTarget(netip.PrefixFrom(client, 24))
		return d
	case kind < 80:
		d.Target = PrefixTarget(netip.PrefixFrom(net, 56+8*(i%3-1)))
		return d
	case kind < 90:
		criteria = []Criterion{{ScopeUser, key.Hash(ScopeUser, fmt.Sprintf("user-%d", i))}}
	case kind < 95:
		criteria = []Criterion{{ScopeUserAgent, fmt.Sprintf("scanner/%d", i%100)}, {ScopeAddress, client.String()}}
	case kind == 95:
		criteria = []Criterion{{ScopeRoute, fmt.Sprintf("POST /orders/%d/{id}", i)}}
	case kind == 96:
		criteria = []Criterion{{ScopeApplication, fmt.Sprintf("application-%d", i)}}
	default:
		criteria = []Criterion{{ScopeFingerprint, fmt.Sprintf("t13d1516h2_%d", i)}}
	}
	var err error
	if d.Target, err = NewTarget(criteria...); err != nil {
		b.Fatal(err)
	}
	return d
}

// mixedRequest meets no block, or for every second client one on its address.
func mixedRequest(i, blocks int) Request {
	r := Request{
		Client: netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), Method: "GET", Path: fmt.Sprintf("/orders/%d/items", i),
		API: "shop", User: fmt.Sprintf("customer-%d", i), Application: "web", UserAgent: fmt.Sprintf("scanner/%d", i%100), Fingerprint: "t13d1517h2",
	}
	if i%2 == 0 {
		r.Client = scattered(uint32(2 * (i % blocks)))
	}
	return r
}

func BenchmarkDecideMixed(b *testing.B) {
	const n = 1_000_000
	key := NewMatchKey([32]byte{1})
	var builder Builder
	for i := range n {
		builder.Add(mixedDelta(b, key, i), 0)
	}
	replica := NewReplica()
	replica.SetKeys(All, []MatchKey{key})
	replica.Load(All, builder.Set(0), 0)
	for _, among := range []int{1_000, 1 << 16} {
		requests := make([]Request, among)
		for i := range requests {
			requests[i] = mixedRequest(i*7919%n, n)
		}
		b.Run(fmt.Sprint(among), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				_ = replica.Decide(&requests[i%among], 0)
			}
		})
	}
}
