package block

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// universe draws targets and requests from few values of every scope, so that
// they meet, nest, repeat and share their parts.
type universe struct {
	*rand.Rand
	keys []MatchKey // those that were ever in use, the current one last
}

var words = map[Scope][]string{
	ScopeApplication: {"shop", "crm"},
	ScopeFingerprint: {"t13d1516h2", "t12i0407h1"},
	ScopeUserAgent:   {"curl/8.5.0", "Mozilla/5.0", `say "hi" & go`},
	ScopeAPI:         {"orders", "login"},
	ScopeNetwork:     {"AS64500", "AS64501"},
	ScopeCountry:     {"AQ", "ZZ"},
	ScopeRoute: {
		"/", "/**", "/orders", "/orders/{}", "/orders/{}/items", "/orders/7", "/{}", "/{}/{}", "/orders/**",
		"POST /login", "GET /login", "POST /{}", "POST /**", "/login", "GET /orders/{}/**", "/orders/",
	},
}

var (
	people = []string{"alice", "bob", "carol", "dave"}
	paths  = []string{"", "/", "/login", "/orders", "/orders/", "/orders/7", "/orders/8", "/orders/7/items", "/orders/7/items/9", "/{}", "/**", "*", "/x/y",
		"/login/", "/login;x", "/login;x/", "/x;/..;/login", "/orders/;x", "/orders/..;", "/orders/7;a=b/items/", "/login\x00.html"}
	methods = []string{"", "GET", "POST"}
)

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func (u *universe) addr() netip.Addr {
	switch u.IntN(8) {
	case 0:
		return netip.Addr{}
	case 1:
		return netip.AddrFrom16(netip.AddrFrom4([4]byte{192, 0, byte(u.IntN(2)), byte(u.IntN(4))}).As16())
	case 2, 3:
		return u.addr6()
	default:
		return netip.AddrFrom4([4]byte{192, 0, byte(u.IntN(2)), byte(u.IntN(4))})
	}
}

func (u *universe) addr6() netip.Addr {
	return netip.AddrFrom16([16]byte{0x20, 0x01, 0xd, 0xb8, 7: byte(u.IntN(3)), 15: byte(u.IntN(3))})
}

func (u *universe) prefix() netip.Prefix {
	if u.IntN(3) == 0 {
		return netip.PrefixFrom(u.addr6(), pick(u.Rand, []int{0, 32, 56, 64, 64, 65, 127, 128, 128}))
	}
	a := netip.AddrFrom4([4]byte{192, 0, byte(u.IntN(2)), byte(u.IntN(4))})
	return netip.PrefixFrom(a, pick(u.Rand, []int{0, 8, 23, 24, 30, 31, 32, 32, 32}))
}

func (u *universe) criterion(s Scope) Criterion {
	switch {
	case s.Secret():
		return Criterion{s, pick(u.Rand, u.keys).Hash(s, pick(u.Rand, people))}
	case s == ScopeAddress || s == ScopePrefix:
		return Criterion{s, u.prefix().String()}
	default:
		return Criterion{s, pick(u.Rand, words[s])}
	}
}

func (u *universe) target() Target {
	n := pick(u.Rand, []int{1, 1, 1, 1, 2, 2, 3, 5})
	var criteria []Criterion
	for _, i := range u.Perm(len(scopes) - 1)[:n] { // address and prefix are one
		criteria = append(criteria, u.criterion(scopes[i+1]))
	}
	t, err := NewTarget(criteria...)
	if err != nil {
		panic(err)
	}
	if u.IntN(6) == 0 {
		return t.Exempt()
	}
	return t
}

func (u *universe) delta(revision uint64, known []Target) Delta {
	d := Delta{
		Revision: revision, Target: u.target(), ID: ID(1 + u.IntN(60)), Left: time.Duration(u.IntN(100)) * time.Second,
		Action: pick(u.Rand, []Action{Deny, Flag, Flag, Throttle, Divert, Drop, 9}), Mode: pick(u.Rand, []Mode{Enforce, Enforce, Shadow, Canary, 7}),
	}
	if len(known) > 0 && u.IntN(5) < 3 {
		d.Target, d.Removed = pick(u.Rand, known), u.IntN(5) < 3
	}
	if d.Target.Exemption() {
		d.Action = Allow
	}
	switch {
	case d.Mode == Canary:
		d.Percent = uint8(1 + u.IntN(99))
	case d.Action == Throttle:
		d.Terms = &Terms{Rate: float64(1 + u.IntN(3)), Each: u.IntN(2) == 0}
	}
	return d
}

func (u *universe) request() *Request {
	some := func(from []string) string { return pick(u.Rand, append([]string{"", "other"}, from...)) }
	return &Request{
		Client: u.addr(), Method: pick(u.Rand, methods), Path: pick(u.Rand, paths), API: some(words[ScopeAPI]),
		User: some(people), Key: some(people), Token: some(people), Session: some(people),
		Application: some(words[ScopeApplication]), Fingerprint: some(words[ScopeFingerprint]),
		UserAgent: some(words[ScopeUserAgent]), Country: some(words[ScopeCountry]), Network: some(words[ScopeNetwork]),
	}
}

func newUniverse(seed uint64) *universe {
	return &universe{rand.New(rand.NewPCG(seed, 5)), []MatchKey{NewMatchKey([32]byte{1}), NewMatchKey([32]byte{2})}}
}

// world is a replica and lists of the same blocks.
type world struct {
	*universe
	replica *Replica
	lists   map[string]naive
	held    map[string][]MatchKey
	at      map[string]uint64
	now     time.Duration
}

var segmentNames = []string{All, "eu", "us"}

func newWorld(seed uint64) *world {
	w := &world{newUniverse(seed), NewReplica(), map[string]naive{}, map[string][]MatchKey{}, map[string]uint64{}, 0}
	for _, name := range segmentNames {
		w.lists[name] = naive{}
		w.rotate(name)
	}
	return w
}

// rotate gives a segment another choice of keys.
func (w *world) rotate(name string) {
	w.held[name] = nil
	for _, i := range w.Perm(len(w.keys))[:w.IntN(len(w.keys)+1)] {
		w.held[name] = append(w.held[name], w.keys[i])
	}
	w.replica.SetKeys(name, w.held[name])
}

// step changes one thing.
func (w *world) step() {
	name := pick(w.Rand, segmentNames)
	switch w.IntN(60) {
	case 0:
		w.now += time.Duration(w.IntN(5_000)) * time.Millisecond
	case 1:
		w.rotate(name)
	case 2:
		if len(w.keys) < 5 {
			w.keys = append(w.keys, NewMatchKey([32]byte{byte(len(w.keys) + 1)}))
		}
	default:
		w.at[name] += 1 + w.Uint64N(3)
		d := w.delta(w.at[name], slices.SortedFunc(maps.Keys(w.lists[name]), byText))
		w.replica.Apply(name, d, w.now)
		w.lists[name].apply(d, w.now)
	}
}

func byText(a, b Target) int {
	return slices.Compare(a.appendBinary(nil), b.appendBinary(nil))
}

func (w *world) check(r *Request) error {
	var all []met
	for _, name := range segmentNames {
		all = append(all, w.lists[name].met(name, r, w.held[name], w.now)...)
	}
	slices.SortStableFunc(all, func(a, b met) int { return slices.Compare([]byte(a.segment), []byte(b.segment)) })
	for i := range all {
		if all[i].Action >= actions {
			all[i].Action = Deny
		}
	}
	want, flag := naiveDecision(all)
	got := w.replica.Decide(r, w.now)
	mode := Shadow
	if want.enforced {
		mode = Enforce
	}
	switch {
	case got.Found != (len(all) > 0), got.Found && (got.ID != want.ID || got.Action != want.Action || got.Mode != mode):
	case got.Flag.ID != flag.ID:
	case got.Found && got.Action == Throttle && got.Bucket.Block != want.ID:
	default:
		return nil
	}
	return fmt.Errorf("request %+v at %s:\ngot  %+v\nwant %+v %v, flag %v\nof %d", r, w.now, got, want.Delta, want.enforced, flag.ID, len(all))
}

func TestReplicaAgreesWithLists(t *testing.T) {
	for seed := range uint64(8) {
		w := newWorld(seed)
		regulars := []*Request{w.request(), w.request(), w.request(), {Client: w.addr(), User: "nobody", UserAgent: "none"}, {}}
		for step := range 1_000 {
			w.step()
			regular := pick(w.Rand, regulars) // comes again, and asks for something else
			regular.Method, regular.Path = pick(w.Rand, methods), pick(w.Rand, paths)
			for _, r := range []*Request{w.request(), w.request(), regular} {
				if err := w.check(r); err != nil {
					t.Fatalf("seed %d step %d: %v", seed, step, err)
				}
			}
		}
		w.drain(t)
	}
}

// drain removes everything and looks at what is left inside.
func (w *world) drain(t *testing.T) {
	t.Helper()
	for _, name := range segmentNames {
		for target := range w.lists[name] {
			w.at[name]++
			w.replica.Apply(name, Delta{Revision: w.at[name], Target: target, Removed: true}, w.now)
		}
		set := w.replica.Set(name)
		if v := set.Version(); v.Count != 0 || v.Hash != 0 {
			t.Errorf("segment %s is empty, and says %+v", name, v)
		}
		if x := &set.index; x.prefixes != nil || x.lists.count != 0 || x.routes.nodes.count != 0 || x.uses.scopes != 0 || len(x.uses.keys) != 0 {
			t.Errorf("an empty index holds %+v", x)
		}
		if x := &set.exact; x.v4.count+x.v6.count+x.net.count != 0 {
			t.Errorf("an empty set holds %+v", x)
		}
	}
}

// TestSetsAreEqualHoweverMade makes the same set by deltas, at once and from a
// snapshot: they have the same version and snapshot and hold the same, and
// what came before is as it was.
func TestSetsAreEqualHoweverMade(t *testing.T) {
	for seed := range uint64(4) {
		u := newUniverse(seed)
		var set *Set
		list := naive{}
		type past struct {
			set      *Set
			snapshot []byte
		}
		var history []past
		for revision := uint64(1); revision <= 1_500; revision++ {
			d := u.delta(revision, slices.SortedFunc(maps.Keys(list), byText))
			set = set.Apply(d, 0)
			set = set.Apply(d, 0) // repeated
			list.apply(d, 0)
			if revision%250 == 0 {
				history = append(history, past{set, AppendSnapshot(nil, set, 0)})
			}
		}
		sameAsList(t, set, list)
		var b Builder
		for _, n := range u.Perm(len(list)) {
			d := list[slices.SortedFunc(maps.Keys(list), byText)[n]].Delta
			b.Add(Delta{Revision: 1, Target: d.Target, ID: 99, Left: time.Hour}, 0) // replaced
			b.Add(d, 0)
		}
		sameSets(t, b.Set(1_500), set)
		for _, h := range history {
			if string(AppendSnapshot(nil, h.set, 0)) != string(h.snapshot) {
				t.Fatalf("seed %d: what came later changed the set of revision %d", seed, h.set.Version().Revision)
			}
			loaded, err := ReadSnapshot(h.snapshot, 0, 0)
			if err != nil {
				t.Fatal(err)
			}
			sameSets(t, loaded, h.set)
		}
	}
}

func sameAsList(t *testing.T, set *Set, list naive) {
	t.Helper()
	n := 0
	for target, e := range set.Entries() {
		n++
		want, ok := list[target]
		if !ok || e.ID != want.ID || e.Revision != want.Revision || e.Deadline != want.Left || e.Action != want.Action || e.Mode != want.Mode || e.Percent != want.Percent {
			t.Fatalf("holds %+v on %s, want %+v", e, target, want)
		}
		if got, ok := set.Get(target); !ok || got != e {
			t.Fatalf("%s is among all, and not to be got", target)
		}
	}
	if n != len(list) || set.Version().Count != n {
		t.Fatalf("yields %d and counts %d, want %d", n, set.Version().Count, len(list))
	}
}

func sameSets(t *testing.T, got, want *Set) {
	t.Helper()
	if got.Version() != want.Version() {
		t.Fatalf("version %+v, want %+v", got.Version(), want.Version())
	}
	if string(AppendSnapshot(nil, got, 0)) != string(AppendSnapshot(nil, want, 0)) {
		t.Fatal("snapshots differ")
	}
}
