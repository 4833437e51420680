package block

import (
	"strconv"
	"sync"
	"testing"
	"time"
)

// keyFor stands for what is made with a match key.
func keyFor(value string) listKey { return listKeyOf(codeUser, value) }

// come has a value come once, to one of so many lines, and tells whether it
// was remembered.
func come(t *testing.T, m *memory, lines uint64, value string) bool {
	t.Helper()
	s := m.spot(codeUser, value)
	s.line %= lines
	k, known := m.recall(s)
	if !known {
		m.learn(s, keyFor(value))
	} else if k != keyFor(value) {
		t.Errorf("%s is remembered as another", value)
	}
	return known
}

func TestMemoryKeepsThoseWhoComeAgain(t *testing.T) {
	const regulars, madeUp = 20_000, 500_000
	m := newMemory()
	if come(t, m, memoryLines, "0") || !come(t, m, memoryLines, "0") {
		t.Error("a value is not remembered from its first time on")
	}
	remembered := func() (n int) {
		for i := range regulars {
			if come(t, m, memoryLines, strconv.Itoa(i)) {
				n++
			}
		}
		return n
	}
	for range 3 {
		remembered()
	}
	for i := range madeUp {
		come(t, m, memoryLines, "made up "+strconv.Itoa(i))
	}
	if got := remembered(); got < regulars*99/100 {
		t.Errorf("%d of %d regulars are remembered after a flood of made-up values", got, regulars)
	}
}

// Where more come again than there is room for, those that stopped coming make
// room.
func TestMemoryForgetsThoseWhoStayAway(t *testing.T) {
	const lines, generation = 64, 64 * memoryWays * 2
	m := newMemory()
	visit := func(prefix string, rounds int) (known int) {
		for range rounds {
			known = 0
			for i := range generation {
				if come(t, m, lines, prefix+strconv.Itoa(i)) {
					known++
				}
			}
		}
		return known
	}
	visit("old", 3)
	if got := visit("new", 40); got < generation/4 {
		t.Errorf("%d of %d newcomers are remembered, there is room for half", got, generation)
	}
}

func TestMemoryIsSharedWithoutMixingUp(t *testing.T) {
	m := newMemory()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i := range 30_000 {
				come(t, m, 64, strconv.Itoa(i%3_000)) // they get in each other's way
			}
		})
	}
	all.Wait()
}

// A user that is taken for another is not refused for it, and the user that
// is blocked still is.
func TestNobodyIsRefusedForAnother(t *testing.T) {
	key := NewMatchKey([32]byte{1})
	replica := NewReplica()
	replica.SetKeys(All, []MatchKey{key})
	target, err := key.Target([]Criterion{{ScopeUser, "alice"}})
	if err != nil {
		t.Fatal(err)
	}
	replica.Apply(All, Delta{Revision: 1, Target: target, ID: 1, Left: time.Minute}, 0)
	h := replica.held(All).hashers[0]
	h.memory.learn(h.memory.spot(codeUser, "bob").under(h.salt), listKeyOf(codeUser, key.Hash(ScopeUser, "alice")))
	for range 3 {
		if replica.Decide(&Request{User: "bob"}, 0).Found || !replica.Decide(&Request{User: "alice"}, 0).Denied() {
			t.Fatal("the wrong one is refused")
		}
	}
}

func TestOnceIsEnoughForThoseWhoPass(t *testing.T) {
	key := NewMatchKey([32]byte{1})
	m := newMemory()
	hashers := remembering(m, []MatchKey{key}, nil)
	var set *Set
	for i, name := range []string{"alice", "carol"} {
		target, err := key.Target([]Criterion{{ScopeUser, name}})
		if err != nil {
			t.Fatal(err)
		}
		set = set.Apply(Delta{Revision: uint64(i + 1), Target: target, ID: 1, Left: time.Minute}, 0)
	}
	f := func(user string, want bool) {
		t.Helper()
		var hashed secrets
		var found tally
		a := newAsking(&Request{User: user}, 0, &hashed, &found)
		a.secrets.keys = hashers
		set.index.ask(&a)
		if got := hashed.work != nil; got != want {
			t.Errorf("%s was hashed: %v, want %v", user, got, want)
		}
		hashed.release()
	}
	f("bob", true)
	f("bob", false)
	f("alice", true)
	f("alice", true) // what is found is made sure of
	hashers = remembering(m, []MatchKey{NewMatchKey([32]byte{2}), key}, hashers)[1:]
	f("bob", false)
	hashers = remembering(m, []MatchKey{key}, nil)
	f("bob", false) // the key is back
	hashers = remembering(newMemory(), []MatchKey{key}, nil)
	f("bob", true)
}

// Fifty segments take the memory of one, and none is asked with what another
// has learnt.
func TestSegmentsShareOneMemory(t *testing.T) {
	const segments = 50
	replica := NewReplica()
	name := func(i int) string { return "s" + strconv.Itoa(i) }
	for i := range segments {
		key := NewMatchKey([32]byte{byte(i + 1)})
		replica.SetKeys(name(i), []MatchKey{key})
		target, err := key.Target([]Criterion{{ScopeUser, "user-" + strconv.Itoa(i)}})
		if err != nil {
			t.Fatal(err)
		}
		replica.Apply(name(i), Delta{Revision: 1, Target: target, ID: ID(i + 1), Left: time.Minute}, 0)
	}
	for range 3 {
		for i := range segments + 5 {
			d := replica.Decide(&Request{User: "user-" + strconv.Itoa(i), Session: "user-0"}, 0)
			if d.Found != (i < segments) || d.Found && (d.Segment != name(i) || d.ID != ID(i+1)) {
				t.Fatalf("user-%d: %+v", i, d)
			}
		}
	}
	for i := range segments {
		if h := replica.held(name(i)).hashers[0]; h.memory != replica.memory {
			t.Fatalf("segment %d has a memory of its own", i)
		}
	}
}
