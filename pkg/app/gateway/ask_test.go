package gateway

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/agent/agenttest"
	"github.com/honeymoat/honeymoat/pkg/block"
)

func from(client string) Question { return Question{Client: netip.MustParseAddr(client)} }

func TestAsk(t *testing.T) {
	dir, service := shortDir(t), agenttest.New("shop")
	c := configure(t, dir, "allow: [192.0.2.9, 'key:probe-key']\napis: [{api: cart, prefix: /cart}]\nidentify: {user: ['header:X-User']}")
	r := start(t, service, dir, c)
	id := service.Put("192.0.2.0/24", time.Hour)
	put := func(id block.ID, target block.Target, a block.Action) {
		service.Change("shop", block.Delta{Target: target, ID: id, Left: time.Hour, Action: a})
	}
	put(2, service.Target("shop", "user:mallory"), block.Deny)
	put(3, service.Target("shop", "192.0.2.8").Exempt(), block.Allow)
	put(4, service.Target("shop", "api:cart & route:POST /cart/{item}"), block.Flag)
	await(t, "the blocks", func() bool { return r.agent.Versions()["shop"] == service.Version("shop") })

	user := func(q Question, name string) Question { q.Headers = map[string]string{"x-user": name}; return q }
	cart := from("198.51.100.1")
	cart.Method, cart.URI = "POST", "/cart/%37?x=1"
	key := from("192.0.2.7")
	key.Key = "probe-key"
	f := func(q Question, decision, reason string, meets int) {
		t.Helper()
		got, err := Ask(t.Context(), c, q)
		if err != nil || got.Decision != decision || !strings.Contains(got.Reason, reason) || len(got.Meets) != meets {
			t.Errorf("%+v\n got %+v, %v", q, got, err)
		}
	}
	check := func() {
		t.Helper()
		f(from("192.0.2.7"), "deny "+id.String(), "enforced", 1)
		f(from("192.0.2.8"), "allow 0000000000000003", "exemption", 2)
		f(from("192.0.2.9"), "pass", "own configuration", 2) // a block, and what allows it
		f(key, "pass", "own configuration", 1)
		f(from("127.0.0.1"), "pass", "this host itself", 0)
		f(from("198.51.100.1"), "pass", "no block", 0)
		f(user(from("198.51.100.1"), "mallory"), "deny 0000000000000002", "enforced", 1)
		f(user(from("198.51.100.1"), "alice"), "pass", "no block", 0)
		f(cart, "flag 0000000000000004", "flag", 1)
	}
	check()
	if a, err := Ask(t.Context(), c, cart); err != nil || a.Saved || a.API != "cart" || a.Meets[0].Target.String() != "route:POST /cart/{} & api:cart" {
		t.Errorf("%+v %v", a, err)
	}
	if _, err := Ask(t.Context(), c, Question{}); err == nil || !strings.Contains(err.Error(), "no client") {
		t.Error(err)
	}
	r.stop()
	check()
	if a, err := Ask(t.Context(), c, from("192.0.2.7")); err != nil || !a.Saved {
		t.Errorf("%+v %v", a, err)
	}
	if err := os.WriteFile(filepath.Join(c.StateDir, "blocks.state"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Ask(t.Context(), c, from("192.0.2.7")); !errors.Is(err, block.ErrCorrupt) {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(c.StateDir, "blocks.state")); err != nil {
		t.Error("looking at a damaged state moved it", err)
	}
}

func TestHeld(t *testing.T) {
	dir, service := shortDir(t), agenttest.New("shop")
	c := configure(t, dir, "")
	r := start(t, service, dir, c)
	service.Put("192.0.2.0/24", time.Hour)
	service.Put("192.0.2.7", time.Hour)
	service.Change("shop", block.Delta{Target: service.Target("shop", "user:mallory"), ID: 2, Left: time.Hour, Mode: block.Shadow})
	await(t, "the blocks", func() bool { return r.agent.Versions()["shop"] == service.Version("shop") })
	held := func(q HoldingQuestion) Holding {
		t.Helper()
		h, err := Held(t.Context(), c, q)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	check := func(saved bool) {
		t.Helper()
		h := held(HoldingQuestion{})
		if h.Saved != saved || h.InSync == saved || len(h.Segments) != 2 || h.Segments[0].Live != 2 || h.Segments[0].Scopes[block.ScopePrefix] != 1 ||
			h.Segments[1].Modes["shadow"] != 1 || h.Segments[1].Keys != 1 || h.Segments[1].Version != service.Version("shop") {
			t.Errorf("%+v", h)
		}
		if h := held(HoldingQuestion{Target: "192.0.2.7", List: 1}); len(h.Listed) != 1 || h.Unlisted != 1 {
			t.Errorf("%+v", h)
		}
		if h := held(HoldingQuestion{Target: "user:mallory", List: 10}); len(h.Listed) != 1 || h.Listed[0].ID != 2 {
			t.Errorf("%+v", h)
		}
		if h := held(HoldingQuestion{Target: "192.0.2.8 & user:mallory", List: 10}); len(h.Listed) != 2 {
			t.Errorf("%+v", h)
		}
		if h := held(HoldingQuestion{Target: "user:alice", List: 10}); len(h.Listed) != 0 {
			t.Errorf("%+v", h)
		}
		if _, err := Held(t.Context(), c, HoldingQuestion{Target: "nonsense"}); err == nil {
			t.Error("a target that is none was taken")
		}
	}
	check(false)
	r.stop()
	check(true)
}
