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
