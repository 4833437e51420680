package agent

import (
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/agent/agenttest"
	"github.com/honeymoat/honeymoat/pkg/block"
)

// mixed is a set of n blocks: most on addresses, some on prefixes, users,
// conjunctions and others.
func mixed(n int, now time.Duration) *block.Set {
	key := block.NewMatchKey([32]byte{1})
	var build block.Builder
	for i := range n {
		t := block.AddressTarget(address(i))
		criteria := []block.Criterion{{Scope: block.ScopeUser, Value: strconv.Itoa(i)}}
		switch i % 20 {
		case 14, 15:
			t = block.PrefixTarget(netip.PrefixFrom(address(i), 24+i%8))
		case 18:
			criteria = append(criteria, block.Criterion{Scope: block.ScopePrefix, Value: "192.0.2.0/24"})
			fallthrough
		case 16, 17:
			t, _ = key.Target(criteria)
		case 19:
			t, _ = block.NewTarget(block.Criterion{Scope: block.ScopeUserAgent, Value: "probe/" + strconv.Itoa(i)})
		}
		build.Add(block.Delta{Revision: uint64(i + 1), Target: t, ID: block.ID(i + 1), Left: time.Hour}, now)
	}
	return build.Set(uint64(n))
}

func BenchmarkState(b *testing.B) {
	clock := newTestClock()
	state := savedState{sets: map[string]*block.Set{block.All: mixed(1_000_000, clock.Now())}}
	file := stateFile{filepath.Join(b.TempDir(), StateFile)}
	b.Run("save a million", func(b *testing.B) {
		for b.Loop() {
			if _, err := file.save(state, clock); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("start with a million", func(b *testing.B) {
		if _, err := file.save(state, clock); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := New(Options{Name: "edge", Dir: filepath.Dir(file.path), Clock: clock, Log: slog.New(slog.DiscardHandler)}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkDecide(b *testing.B) {
	for _, n := range []int{1_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			clock, err := NewSystemClock()
			if err != nil {
				b.Fatal(err)
			}
			a, err := New(Options{Name: "edge", Dir: b.TempDir(), Clock: clock, Log: slog.New(slog.DiscardHandler), Link: agenttest.New()})
			if err != nil {
				b.Fatal(err)
			}
			var build block.Builder
			for i := range n {
				build.Add(block.Delta{Revision: uint64(i + 1), Target: block.AddressTarget(address(i)), ID: block.ID(i + 1), Left: time.Hour}, clock.Now())
			}
			a.replica.Load(block.All, build.Set(uint64(n)), clock.Now())
			i := 0
			b.ReportAllocs()
			for b.Loop() {
				i += 7919
				a.Decide(&block.Request{Client: netip.AddrFrom4([4]byte{byte(i>>16)%20 + 11, byte(i >> 8), byte(i), byte(i * 7)}), Path: "/a"})
			}
		})
	}
}
