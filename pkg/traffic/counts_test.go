package traffic

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

var start = time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC)

// request is a row.
type request struct {
	client, user, key, app, session, runs string
	status                                int64
	at                                    time.Time
}

func batch(requests ...request) *event.Batch {
	b := &event.Batch{}
	for _, r := range requests {
		if r.client != "" {
			b.SetAddr(event.ClientAddress, netip.MustParseAddr(r.client))
		}
		b.SetString(event.User, r.user)
		b.SetString(event.Principal, r.key)
		b.SetString(event.Application, r.app)
		b.SetString(event.Session, r.session)
		b.SetString(event.UserAgent, r.runs)
		b.SetString(event.TLSFingerprint, r.runs)
		b.SetNumber(event.Status, r.status)
		if !r.at.IsZero() {
			b.SetNumber(event.Time, r.at.UnixNano())
		}
		b.EndRow()
	}
	return b
}

func (c *Counts) all(b *event.Batch, now time.Time) { c.Add(b, 0, b.Rows(), nil, now) }

func target(t *testing.T, text string) block.Target {
	t.Helper()
	made, err := block.ParseTarget(text)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// said is a day in short: requests/successful/principals/clients.
func said(d Day) string {
	s := fmt.Sprintf("%d/%d/%d/%d", d.Requests, d.Successful, d.Principals, d.Clients)
	if !d.Known {
		s = "unknown"
	}
	if d.AtMost {
		s = "at most " + s
	}
	return s
}

func TestOf(t *testing.T) {
	c := New(Options{})
	c.all(batch(
		request{client: "192.0.2.7", user: "alice", status: 200},
		request{client: "192.0.2.7", user: "bob", status: 302},
		request{client: "192.0.2.7", user: "eve", status: 401},
		request{client: "192.0.2.9", user: "alice", status: 200, session: "s1"},
		request{client: "2001:db8:1:2::1", key: "k", status: 404},
		request{client: "2001:db8:1:2::2", app: "shop", status: 500},
		request{client: "2001:db8:1:3::2", app: "shop", status: 204},
		request{user: "nobody", status: 0},
	), start)
	f := func(text, want string) {
		t.Helper()
		if got := said(c.Of(target(t, text), start.Add(time.Hour))); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	f("192.0.2.7", "3/2/2/1")
	f("192.0.2.8", "0/0/0/0")
	f("192.0.2.0/24", "4/3/2/2")
	f("0.0.0.0/0", "4/3/2/2")
	f("::/0", "3/1/1/2")
	f("2001:db8:1:2::/64", "2/0/0/1")
	f("2001:db8:1::/48", "3/1/1/2")
	f("2001:db8:1:2::1", "at most 2/0/0/1")
	f("application:shop", "2/1/0/0")
	f("application:other", "0/0/0/0")
	f("country:AQ", "unknown")
	f("192.0.2.0/24 & country:AQ", "at most 4/3/2/2")
	f("192.0.2.0/24 & application:shop", "at most 2/1/0/0")
}

// TestWhatClientsRunIsCounted: a block on a browser hits all who use it. They do
// not share a client by it.
func TestWhatClientsRunIsCounted(t *testing.T) {
	c := New(Options{})
	long := strings.Repeat("x", block.MaxValue)
	for i := range 9 {
		c.all(batch(request{client: fmt.Sprintf("192.0.2.%d", i), runs: "Mozilla/5.0", status: 200}), start)
	}
	c.all(batch(request{client: "192.0.2.1", runs: long + "yz", status: 404}, request{client: "192.0.2.1", runs: "z", status: 200}), start)
	f := func(text, want string) {
		t.Helper()
		if got := said(c.Of(target(t, text), start)); got != want {
			t.Errorf("%.40s: %s, want %s", text, got, want)
		}
	}
	f("user_agent:Mozilla/5.0", "9/9/0/0")
	f("fingerprint:Mozilla/5.0", "9/9/0/0")
	f("user_agent:"+long, "1/0/0/0")
	f("user_agent:curl/8", "0/0/0/0")
	f("192.0.2.1", "3/2/0/1")
	f("192.0.2.1 & user_agent:Mozilla/5.0", "at most 3/2/0/1")
}

func TestPrincipalsAreKnownByOtherNames(t *testing.T) {
	c := New(Options{Seed: 5})
	c.all(batch(request{client: "192.0.2.7", user: "alice", key: "sesame", status: 200}), start)
	key := block.NewMatchKey([32]byte{1})
	alias := key.Hash(block.ScopeUser, "alice")
	if d := c.Of(target(t, "user:"+alias), start); d.Known {
		t.Errorf("%+v", d)
	}
	c.Know(alias, finding.Actor{Kind: finding.User, Value: "alice"})
	c.Know("k01234567:abc", finding.Actor{Kind: finding.Key, Value: "sesame"})
	c.Know("k01234567:xyz", finding.Actor{Kind: finding.User, Value: "somebody"})
	if got := said(c.Of(target(t, "user:"+alias), start)); got != "1/1/0/0" {
		t.Error(got)
	}
	if got := said(c.OfActor(finding.Actor{Kind: finding.Token, Value: "k01234567:abc"}, start)); got != "1/1/0/0" {
		t.Error(got)
	}
	if got := said(c.OfActor(finding.Actor{Kind: finding.User, Value: "k01234567:xyz"}, start)); got != "0/0/0/0" {
		t.Error(got)
	}
	if d := c.OfActor(finding.Actor{Kind: "country", Value: "AQ"}, start); d.Known {
		t.Errorf("%+v", d)
	}
}

func TestNamesAreForgottenInTheirOrder(t *testing.T) {
	n := newNames(3)
	for i := range uint64(5) {
		n.tell(i, i+100)
		n.tell(i, i+200)
	}
	if len(n.keys) != 3 || n.keys[2] != 102 || n.keys[4] != 104 {
		t.Errorf("%v", n.keys)
	}
}

func TestWhatIsNotCounted(t *testing.T) {
	c := New(Options{})
	r := request{client: "192.0.2.7", status: 200}
	old, future := r, r
	old.at, future.at = start.Add(-24*time.Hour), start.Add(999*time.Hour)
	c.all(batch(old), start)
	decoys, egress := batch(r), batch(r)
	decoys.Kind, egress.Direction = event.Decoy, event.Egress
	c.all(decoys, start)
	c.all(egress, start)
	b := batch(r, r, r, r, r)
	c.Add(b, 1, 5, []int{0, 2, 4}, start)
	c.all(batch(future), start)
	if got := said(c.Of(target(t, "192.0.2.7"), start)); got != "3/3/0/1" {
		t.Error(got)
	}
}

func TestDayPasses(t *testing.T) {
	c := New(Options{})
	for h := range 48 {
		at := start.Add(time.Duration(h) * time.Hour)
		c.all(batch(request{client: "192.0.2.7", user: fmt.Sprint(h / 12), status: 200, at: at}), at)
	}
	f := func(after time.Duration, want string) {
		t.Helper()
		if got := said(c.Of(target(t, "192.0.2.7"), start.Add(after))); got != want {
			t.Errorf("after %v: %s, want %s", after, got, want)
		}
	}
	f(47*time.Hour, "24/24/2/1")
	f(50*time.Hour, "21/21/1/1")
	f(60*time.Hour, "11/11/0/1")
	f(90*time.Hour, "0/0/0/0")
	if n := c.clients.cells.used(); n != dayHours {
		t.Errorf("%d cells are kept", n)
	}
	if n := c.clients.sets.used(); n != 2 {
		t.Errorf("%d sets are kept", n)
	}
	if last := c.Of(target(t, "192.0.2.7"), start.Add(90*time.Hour)).Last; !last.Equal(start.Add(47 * time.Hour).Truncate(time.Hour)) {
		t.Error(last)
	}
}

func TestPrincipalsAreCountedNearly(t *testing.T) {
	f := func(users, least, most int) {
		t.Helper()
		c := New(Options{Seed: 9})
		for i := range users {
			r := request{client: "192.0.2.7", user: fmt.Sprintf("user%d", i), status: 200}
			c.all(batch(r, r), start)
		}
		d := c.Of(target(t, "192.0.2.7"), start)
		if d.Principals < least || d.Principals > most {
			t.Errorf("%d principals are told as %d", users, d.Principals)
		}
	}
	f(1, 1, 1)
	f(8, 8, 8)
	f(9, 8, 10)
	f(50, 45, 55)
	f(300, 260, 340)
	f(20_000, 1000, 1420)
}

func TestPrincipalsOfAPrefixAreExactWhileFew(t *testing.T) {
	c := New(Options{})
	for i := range 60 {
		c.all(batch(request{client: fmt.Sprintf("192.0.2.%d", i%20), user: fmt.Sprint(i), status: 200}), start)
	}
	if got := c.Of(target(t, "192.0.2.0/24"), start).Principals; got != 60 {
		t.Error(got)
	}
	c.all(batch(request{client: "192.0.2.99", user: "a", status: 200}), start)
	for i := range 40 {
		c.all(batch(request{client: "192.0.2.99", user: fmt.Sprint("u", i), status: 200}), start)
	}
	if got := c.Of(target(t, "192.0.2.0/24"), start).Principals; got < 90 || got > 112 {
		t.Error(got)
	}
}

// model counts in obvious ways.
type model map[string]map[hour][2]uint64

func (m model) add(name string, h hour, success bool) {
	if m[name] == nil {
		m[name] = map[hour][2]uint64{}
	}
	n := m[name][h]
	n[0]++
	if success {
		n[1]++
	}
	m[name][h] = n
}

func (m model) of(name string, now hour) (requests, successful uint64) {
	for h, n := range m[name] {
		if h > now-dayHours && h <= now {
			requests, successful = requests+n[0], successful+n[1]
		}
	}
	return requests, successful
}

// TestLikeTheModel: counters with room for all count as obvious ones do, in
// whatever order rows come, also over a snapshot, which forgets who had no success.
func TestLikeTheModel(t *testing.T) {
	for seed := range uint64(5) {
		random := rand.New(rand.NewPCG(seed, 1))
		c, m, now := New(Options{Seed: seed}), model{}, start
		for range 300 {
			now = now.Add(time.Duration(random.IntN(20)) * time.Minute)
			var rows []request
			for range random.IntN(30) {
				at := now.Add(-time.Duration(random.IntN(30*60)) * time.Minute)
				r := request{client: fmt.Sprintf("192.0.2.%d", random.IntN(50)), app: fmt.Sprint(random.IntN(30)), status: 200, at: at}
				if h := hourOf(at.UnixNano()); h > hourOf(now.UnixNano())-dayHours {
					m.add(r.client, h, true)
					m.add("application:"+r.app, h, true)
				}
				rows = append(rows, r)
			}
			c.all(batch(rows...), now)
			if random.IntN(50) == 0 {
				c = copied(t, c)
			}
		}
		for name := range m {
			d := c.Of(target(t, name), now)
			if r, s := m.of(name, hourOf(now.UnixNano())); d.Requests != r || d.Successful != s {
				t.Fatalf("seed %d, %s: %+v, want %d and %d", seed, name, d, r, s)
			}
		}
	}
}

func copied(t *testing.T, c *Counts) *Counts {
	t.Helper()
	var out bytes.Buffer
	if err := c.WriteSnapshot(&out); err != nil {
		t.Fatal(err)
	}
	next := New(Options{MaxClients: c.clients.max, MaxPrincipals: c.principals.max})
	if err := next.Restore(out.Bytes()); err != nil {
		t.Fatal(err)
	}
	return next
}

// TestFloodMakesNoRoom: a flood of addresses without success forgets neither
// the customers nor the bound.
func TestFloodMakesNoRoom(t *testing.T) {
	c, now := New(Options{MaxClients: 1000, MaxPrincipals: 10}), start
	for i := range 500 {
		r := request{client: fmt.Sprintf("192.0.%d.%d", i/250, i%250), user: fmt.Sprint(i), status: 200, at: now}
		c.all(batch(r, r, r), now)
	}
	for i := range 20_000 {
		now = now.Add(time.Second)
		c.all(batch(request{client: fmt.Sprintf("10.%d.%d.1", i/200, i%200), status: 404, at: now}), now)
	}
	kept := 0
	for i := range 500 {
		if c.Of(target(t, fmt.Sprintf("192.0.%d.%d", i/250, i%250)), now).Successful == 3 {
			kept++
		}
	}
	s := c.Stats()
	if kept < 495 || s.Clients != 1000 || s.Principals != 10 || s.Evicted == 0 {
		t.Errorf("%d of 500 customers are known, %+v", kept, s)
	}
	for at := range c.clients.entries {
		if got := c.clients.find(c.clients.entries[at].key); got != at {
			t.Fatalf("entry %d is found at %d", at, got)
		}
	}
}

func TestHoursAreBounded(t *testing.T) {
	c := New(Options{MaxClients: 20})
	for h := range 200 {
		now := start.Add(time.Duration(h) * time.Hour)
		for i := range 20 {
			c.all(batch(request{client: fmt.Sprintf("192.0.2.%d", i), status: 200, at: now}), now)
		}
		if n := c.clients.cells.used(); n > 20*cellsEach {
			t.Fatalf("%d cells", n)
		}
	}
	one := New(Options{MaxClients: 1})
	for h := range 30 {
		now := start.Add(time.Duration(h) * time.Hour)
		one.all(batch(request{client: "192.0.2.1", status: 200, at: now}, request{client: "192.0.2.2", status: 200, at: now}), now)
	}
}
