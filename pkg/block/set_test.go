package block

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/zeebo/xxh3"
)

// randomTarget draws from a small space, so that targets nest and repeat.
func randomTarget(r *rand.Rand) Target {
	if r.IntN(4) == 0 {
		a := netip.AddrFrom16([16]byte{0x20, 0x01, 0xd, 0xb8, 7: byte(r.IntN(3)), 15: byte(r.IntN(4))})
		return PrefixTarget(netip.PrefixFrom(a, []int{32, 48, 64, 128}[r.IntN(4)]))
	}
	return PrefixTarget(netip.PrefixFrom(randomAddr(r), []int{16, 24, 28, 32, 32, 32}[r.IntN(6)]))
}

func randomAddr(r *rand.Rand) netip.Addr {
	return netip.AddrFrom4([4]byte{192, 0, byte(r.IntN(3)), byte(r.IntN(32))})
}

func randomDelta(r *rand.Rand, revision uint64) Delta {
	return Delta{
		Revision: revision, Target: randomTarget(r), Removed: r.IntN(3) == 0, ID: ID(r.Uint64() | 1),
		Left: time.Duration(r.IntN(100)) * time.Second, Mode: Mode(r.IntN(2)),
	}
}

// at tells what a set says about an address.
func at(s *Set, a netip.Addr, now time.Duration) Decision {
	return s.Find(&Request{Client: a}, nil, now)
}

func TestOverIsNotFound(t *testing.T) {
	target := PrefixTarget(netip.MustParsePrefix("192.0.2.7/32"))
	wide := PrefixTarget(netip.MustParsePrefix("192.0.2.0/24"))
	var set *Set
	set = set.Apply(Delta{Revision: 1, Target: target, ID: 1, Left: time.Second}, 0)
	if e := at(set, target.prefix.Addr(), time.Second); e.Found {
		t.Errorf("a block that is over was found: %+v", e)
	}
	set = set.Apply(Delta{Revision: 2, Target: wide, ID: 2, Left: time.Minute}, 0)
	if e := at(set, target.prefix.Addr(), time.Second); !e.Found || e.ID != 2 {
		t.Errorf("a block that is over hides a wider one: %+v", e)
	}
	if e := at(set, netip.MustParseAddr("::ffff:192.0.2.9"), 0); !e.Found {
		t.Error("a mapped address passes the block on its IPv4 form")
	}
}

func TestOldVersionsStay(t *testing.T) {
	target := AddressTarget(netip.MustParseAddr("192.0.2.7"))
	var empty *Set
	one := empty.Apply(Delta{Revision: 1, Target: target, ID: 1, Left: time.Minute}, 0)
	two := one.Apply(Delta{Revision: 2, Target: target, Removed: true}, 0)
	if at(empty, target.prefix.Addr(), 0).Found || at(two, target.prefix.Addr(), 0).Found {
		t.Error("a version without the block finds it")
	}
	if !at(one, target.prefix.Addr(), 0).Found {
		t.Error("a later version changed an earlier one")
	}
}

func TestSnapshotKeepsTimeLeft(t *testing.T) {
	target := AddressTarget(netip.MustParseAddr("2001:db8::7"))
	var set *Set
	set = set.Apply(Delta{Revision: 9, Target: target, ID: 1, Left: time.Minute, Mode: Shadow}, 0)
	data := AppendSnapshot(nil, set, 20*time.Second)
	loaded, err := ReadSnapshot(data, time.Hour, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	e, ok := loaded.Get(target)
	if !ok || e.Deadline != time.Hour+30*time.Second || e.Mode != Shadow || e.Revision != 9 {
		t.Errorf("entry %+v", e)
	}
}

func FuzzReadSnapshot(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	var set *Set
	for revision := uint64(1); revision < 20; revision++ {
		set = set.Apply(randomDelta(r, revision), 0)
	}
	u := newUniverse(3)
	for revision := uint64(20); revision < 60; revision++ {
		set = set.Apply(u.delta(revision, nil), 0)
	}
	f.Add(AppendSnapshot(nil, set, 0))
	f.Add(AppendSnapshot(nil, set, 0)[len(snapshotMagic):])
	f.Add(AppendSnapshot(nil, nil, 0))
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := ReadSnapshot(data, 0, 0)
		if err == nil && set.Version().Count < 0 {
			t.Fatal("fewer than no blocks")
		}
		hidden := AppendSnapshot(nil, nil, 0)[:len(snapshotMagic)] // the checksum hides what is inside from the fuzzer
		hidden = append(hidden, data...)
		hidden = binary.LittleEndian.AppendUint64(hidden, xxh3.Hash(hidden))
		set, err = ReadSnapshot(hidden, 0, 0)
		if err == nil && string(AppendSnapshot(nil, set, 0)) != string(hidden) {
			t.Fatal("a snapshot that is not canonical was taken")
		}
	})
}

func TestSnapshotDetectsDamage(t *testing.T) {
	var set *Set
	set = set.Apply(Delta{Revision: 1, Target: AddressTarget(netip.MustParseAddr("192.0.2.7")), ID: 1, Left: time.Minute}, 0)
	data := AppendSnapshot(nil, set, 0)
	for i := range data {
		broken := append([]byte(nil), data...)
		broken[i] ^= 0x10
		if _, err := ReadSnapshot(broken, 0, 0); err == nil {
			t.Errorf("a flipped bit in byte %d went unnoticed", i)
		}
	}
	for n := range data {
		if _, err := ReadSnapshot(data[:n], 0, 0); err == nil {
			t.Errorf("a snapshot cut at byte %d was taken", n)
		}
	}
}
