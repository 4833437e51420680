package agent

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/agent/agenttest"
	"github.com/honeymoat/honeymoat/pkg/block"
)

func TestKeysAreKeptOverARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service, clock, dir := agenttest.New("shop"), newTestClock(), t.TempDir()
		r := newRig(t, service, clock, dir).start()
		r.put("shop", "user:mallory", 7, block.Deny, nil)
		pass(2 * time.Second)
		service.Rotate("shop") // changes no set, and has to be saved all the same
		pass(2 * time.Second)
		info, err := os.Stat(filepath.Join(dir, StateFile))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Error(info.Mode(), err)
		}
		again := newRig(t, service, clock, dir) // as after a kill
		again.decides(from("192.0.2.1", user("mallory")), "deny 0000000000000007")
		if got, want := again.MatchKeys()["shop"], service.Keys("shop"); len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
			t.Errorf("keys %v, want %v", got, want)
		}
		opened, err := Open(Options{Name: "look", Dir: dir, Clock: clock})
		if err != nil {
			t.Fatal(err)
		}
		if v := opened.Decide(from("192.0.2.1", user("mallory"))); !v.Refused {
			t.Errorf("a look at the saved state: %+v", v)
		}
	})
}

// sample is a state with every kind of content.
func sample(t testing.TB, clock Clock) []byte {
	t.Helper()
	key := block.NewMatchKey([32]byte{1})
	var b block.Builder
	for i, text := range []string{"192.0.2.7", "2001:db8::/48", "user:mallory", "route:POST /login & 192.0.2.0/24", "country:AQ"} {
		criteria, err := block.ParseCriteria(text)
		if err != nil {
			t.Fatal(err)
		}
		target, err := key.Target(criteria)
		if err != nil {
			t.Fatal(err)
		}
		b.Add(block.Delta{Revision: uint64(i + 1), Target: target, ID: block.ID(i + 1), Left: time.Hour, Terms: &block.Terms{Status: 418}}, clock.Now())
	}
	data, err := encodeState(savedState{
		sets: map[string]*block.Set{block.All: b.Set(9), "shop": new(block.Builder).Set(1)},
		keys: map[string][]block.MatchKey{block.All: {key}},
	}, clock)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestDamagedStatesAreNoticed(t *testing.T) {
	clock := newTestClock()
	good := sample(t, clock)
	if s, err := decodeState(good, clock); err != nil || s.sets[block.All].Version().Count != 5 || len(s.keys[block.All]) != 1 {
		t.Fatal(s, err)
	}
	f := func(what string, at int, data []byte) {
		t.Helper()
		if _, err := decodeState(data, clock); !errors.Is(err, block.ErrCorrupt) {
			t.Errorf("%s at byte %d of %d: %v", what, at, len(good), err)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for at := range good {
		f("cut", at, good[:at])
		flipped := append([]byte{}, good...)
		flipped[at] ^= 1 << r.IntN(8)
		f("a flipped bit", at, flipped)
	}
	f("more", len(good), append(append([]byte{}, good...), 0))
}

func TestSavingIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := agenttest.New()
		r := newRig(t, service, newTestClock(), t.TempDir()).start()
		path, saves := filepath.Join(r.dir, StateFile), 0
		var last os.FileInfo // each saving makes another file
		for i := range 2000 {
			service.Change(block.All, block.Delta{Target: block.AddressTarget(address(i)), ID: block.ID(i + 1), Left: time.Hour})
			pass(5 * time.Millisecond)
			if info, err := os.Stat(path); err == nil && !os.SameFile(info, last) {
				saves, last = saves+1, info
			}
		}
		if saves == 0 || saves > 11 {
			t.Errorf("saved %d times in 10 s", saves)
		}
	})
}

func address(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(i>>16) + 11, byte(i >> 8), byte(i), byte(i * 7)})
}
