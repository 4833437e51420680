package nftables

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/enforce/mirror"
)

// source holds blocks in memory.
type source struct {
	start   time.Time
	mu      sync.Mutex // for all below
	changes []block.Change
	set     *block.Set
	changed chan struct{}
}

func newSource() *source { return &source{start: time.Now(), changed: make(chan struct{})} }

func (s *source) now() time.Duration { return time.Since(s.start) }

func (s *source) change(deltas ...block.Delta) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range deltas {
		d.Revision = uint64(len(s.changes) + 1)
		s.set = s.set.Apply(d, s.now())
		s.changes = append(s.changes, block.Change{Segment: block.All, Delta: d})
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

// Next implements mirror.Source.
func (s *source) Next(ctx context.Context, after block.Place) ([]block.Change, block.Place, bool, error) {
	for {
		s.mu.Lock()
		at, changed := block.Place(len(s.changes)+1), s.changed
		changes := slices.Clone(s.changes[max(0, int(after)-1):])
		s.mu.Unlock()
		if after == 0 || len(changes) > 0 {
			return changes, at, after == 0, nil
		}
		select {
		case <-ctx.Done():
			return nil, after, false, ctx.Err()
		case <-changed:
		}
	}
}

// Held implements mirror.Source.
func (s *source) Held() iter.Seq[block.Held] {
	s.mu.Lock()
	set, now := s.set, s.now()
	s.mu.Unlock()
	return func(yield func(block.Held) bool) {
		for t, e := range set.Entries() {
			if e.Deadline > now && !yield(block.Held{Segment: block.All, Target: t, Entry: e, Left: e.Deadline - now}) {
				return
			}
		}
	}
}

func on(target string, id block.ID, lifetime time.Duration) block.Delta {
	t, err := block.ParseTarget(target)
	if err != nil {
		panic(err) // a mistake in the test
	}
	return block.Delta{Target: t, ID: id, Left: lifetime}
}

func exempt(target string, id block.ID) block.Delta {
	d := on(target, id, time.Hour)
	d.Target, d.Action = d.Target.Exempt(), block.Allow
	return d
}

func gone(d block.Delta) block.Delta { return block.Delta{Target: d.Target, Removed: true} }

// run starts a filter and gives what stops it.
func run(t *testing.T, n *network, s *source) (stop func()) {
	t.Helper()
	return runBy(t, n, s, nil)
}

func runBy(t *testing.T, n *network, s *source, way mirror.Way) (stop func()) {
	t.Helper()
	f, err := New(Options{Source: s, Way: way, Now: s.now, Ports: []uint16{openPort, 443}, Namespace: n.gateway, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// eventually waits until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

// inTime blocks for ever longer, until something was seen before the block ended:
// a busy machine may need longer than a short block lasts.
func inTime(t *testing.T, s *source, blocks func(lifetime time.Duration) []block.Delta, seen func() bool) {
	t.Helper()
	for lifetime := time.Second; lifetime < 2*time.Minute; lifetime *= 2 {
		ends := time.Now().Add(lifetime)
		s.change(blocks(lifetime)...)
		for time.Now().Before(ends) {
			if seen() && time.Now().Before(ends) {
				return
			}
		}
	}
	t.Fatal("no block is seen before it ends")
}

func TestBlockedClientsGetNoConnection(t *testing.T) {
	n, s := newNetwork(t), newSource()
	address, wide, narrow := on("192.0.2.7", 1, time.Hour), on("192.0.2.128/25", 2, time.Hour), on("192.0.2.192/26", 3, time.Hour)
	s.change(address, wide, narrow, on("2001:db8:1::7", 4, time.Hour), on("2001:db8:1:0:8000::/65", 5, time.Hour))
	run(t, n, s)
	refused := func(client string) func() bool { return func() bool { return !n.connects(client, openPort) } }
	passes := func(client string) func() bool { return func() bool { return n.connects(client, openPort) } }
	for _, client := range []string{"192.0.2.7", "192.0.2.130", "192.0.2.200", "2001:db8:1::7", "2001:db8:1:0:8000::9"} {
		eventually(t, client+" is refused", refused(client))
		eventually(t, client+" is served at a port that is not the gateway's", func() bool { return n.connects(client, sshPort) })
	}
	for _, client := range []string{"192.0.2.8", "2001:db8:1::8"} {
		eventually(t, client+" passes", passes(client))
	}
	s.change(exempt("192.0.2.200", 6), exempt("2001:db8:1::/64", 7))
	eventually(t, "an exemption inside a blocked prefix passes", passes("192.0.2.200"))
	eventually(t, "an exempt prefix passes", passes("2001:db8:1::7"))
	s.change(gone(exempt("192.0.2.200", 6)), gone(wide))
	eventually(t, "what the wider block covered is free", passes("192.0.2.130"))
	eventually(t, "the narrower block that it covered is in force", refused("192.0.2.200"))
	s.change(gone(address))
	eventually(t, "a freed address passes", passes("192.0.2.7"))
}

func TestElementsEndWithoutUs(t *testing.T) {
	n, s := newNetwork(t), newSource()
	s.change(on("192.0.2.8", 0xabc, time.Hour))
	brief := func(lifetime time.Duration) []block.Delta {
		return []block.Delta{on("192.0.2.7", 1, lifetime), on("192.0.2.128/25", 2, lifetime)}
	}
	inTime(t, s, brief, func() bool {
		stop := run(t, n, s)
		eventually(t, "the lasting one is refused", func() bool { return !n.connects("192.0.2.8", openPort) })
		stop()
		return !n.connects("192.0.2.7", openPort) && !n.connects("192.0.2.130", openPort)
	})
	if n.connects("192.0.2.8", openPort) {
		t.Error("the block went with the agent")
	}
	if ruleset := n.nft("list", "table", "inet", TableName); !strings.Contains(ruleset, "192.0.2.8 counter") || !strings.Contains(ruleset, "0000000000000abc") {
		t.Errorf("the element names neither its packets nor its block:\n%s", ruleset)
	}
	eventually(t, "the kernel ends both", func() bool { return n.connects("192.0.2.7", openPort) && n.connects("192.0.2.130", openPort) })
	s.change(on("192.0.2.130", 4, time.Hour), gone(on("192.0.2.8", 0, 0)))
	run(t, n, s)
	eventually(t, "another start brings what changed", func() bool { return !n.connects("192.0.2.130", openPort) && n.connects("192.0.2.8", openPort) })
}

func TestAnExtendedBlockLasts(t *testing.T) {
	n, s := newNetwork(t), newSource()
	run(t, n, s)
	brief := func(lifetime time.Duration) []block.Delta { return []block.Delta{on("192.0.2.7", 1, lifetime)} }
	inTime(t, s, brief, func() bool { return !n.connects("192.0.2.7", openPort) })
	s.change(on("192.0.2.7", 2, time.Hour))
	eventually(t, "the longer block is there", func() bool {
		return strings.Contains(n.nft("list", "set", "inet", TableName, "addresses4"), "0000000000000002")
	})
	if set := n.nft("list", "set", "inet", TableName, "addresses4"); !strings.Contains(set, "expires 59m") && !strings.Contains(set, "expires 1h") {
		t.Errorf("the element ends too soon:\n%s", set)
	}
}

func TestATableThatWasRemovedComesBack(t *testing.T) {
	n, s := newNetwork(t), newSource()
	s.change(on("192.0.2.7", 1, time.Hour))
	run(t, n, s)
	eventually(t, "it is refused", func() bool { return !n.connects("192.0.2.7", openPort) })
	n.nft("flush", "ruleset")
	if !n.connectsWithin(lookAgain/2, "192.0.2.7", openPort) {
		t.Fatal("a firewall that was flushed refuses")
	}
	// Any change notices at once; without one it takes some seconds.
	s.change(on("192.0.2.8", 2, time.Hour))
	eventually(t, "both are refused", func() bool { return !n.connects("192.0.2.7", openPort) && !n.connects("192.0.2.8", openPort) })
}

func TestManyChanges(t *testing.T) {
	n, s := newNetwork(t), newSource()
	var all []block.Delta
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 20_000 {
		all = append(all, on(netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), byte(r.Uint32())}).String(), block.ID(i+1), time.Hour))
	}
	for i := range 500 {
		all = append(all, on(fmt.Sprintf("172.%d.%d.0/%d", 16+i%4, i%256, 20+i%5), block.ID(30_000+i), time.Hour))
	}
	s.change(all[:10_000]...)
	run(t, n, s)
	for i := 10_000; i < len(all); i += 100 {
		s.change(all[i:min(i+100, len(all))]...)
	}
	count := func(set string) int { return strings.Count(n.nft("list", "set", "inet", TableName, set), "expires") }
	eventually(t, "all addresses are there", func() bool { return count("addresses4") == 20_000 })
	for i := 0; i < 19_000; i += 1000 {
		var batch []block.Delta
		for _, d := range all[i : i+1000] {
			batch = append(batch, gone(d))
		}
		s.change(batch...)
	}
	eventually(t, "those that were freed are gone", func() bool { return count("addresses4") == 1_000 })
}

func TestExemptionsComeFirst(t *testing.T) {
	put := func(target string, action block.Action) mirror.Entry {
		d := on(target, 1, time.Hour)
		if action == block.Allow {
			d.Target = d.Target.Exempt()
		}
		return mirror.Entry{Target: d.Target, ID: 1, Action: action, Until: time.Hour}
	}
	b := mirror.Batch{Reset: true, Put: []mirror.Entry{
		put("192.0.2.7", block.Deny), put("192.0.2.0/24", block.Drop), put("198.51.100.0/24", block.Deny), put("192.0.2.7", block.Allow),
	}}
	f := &Filter{wanted: map[place]element{}, held: map[place]element{}}
	for _, e := range b.Put {
		f.wanted[placeOf(&e)] = element{e.ID, e.Until}
	}
	if changes := f.changes(b); len(changes) != 4 || changes[0].set != allowSet {
		t.Errorf("%+v", changes)
	}
}

func TestWidest(t *testing.T) {
	f := func(want string, prefixes ...string) {
		t.Helper()
		var list []netip.Prefix
		for _, p := range prefixes {
			list = append(list, netip.MustParsePrefix(p))
		}
		if got := fmt.Sprint(widest(list)); got != want {
			t.Errorf("widest of %v: %s, want %s", prefixes, got, want)
		}
	}
	f("[]")
	f("[10.0.0.0/8]", "10.1.0.0/16", "10.0.0.0/8", "10.0.0.0/8")
	f("[10.0.0.0/9 10.128.0.0/9 2001:db8::/32]", "10.128.0.0/9", "2001:db8:1::/48", "10.0.0.0/9", "2001:db8::/32", "10.255.0.0/16")
}

func TestBehind(t *testing.T) {
	f := func(prefix, want string) {
		t.Helper()
		if got, _ := netip.AddrFromSlice(behind(netip.MustParsePrefix(prefix))); got.String() != want {
			t.Errorf("behind %s: %s, want %s", prefix, got, want)
		}
	}
	f("192.0.2.0/24", "192.0.3.0")
	f("192.0.2.7/32", "192.0.2.8")
	f("10.255.0.0/16", "11.0.0.0")
	f("255.255.255.0/24", "0.0.0.0")
	f("2001:db8::/32", "2001:db9::")
}

func TestNoPortsAreRefused(t *testing.T) {
	if _, err := New(Options{}); err == nil || !strings.Contains(err.Error(), "80 and 443") {
		t.Errorf("a filter of all ports: %v", err)
	}
}

// Revisions implements mirror.Source: a change's revision is its number.
func (s *source) Revisions() map[string]uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return map[string]uint64{block.All: uint64(len(s.changes))}
}
