package agent

import (
	"math"
	"net/http"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/agent/agenttest"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/identify"
)

// put has the service put a block, or an exemption, of a target as text in
// which secrets stand as they are.
func (r *rig) put(segment, target string, id block.ID, a block.Action, terms *block.Terms) {
	r.t.Helper()
	t := r.service.Target(segment, target)
	if a == block.Allow {
		t = t.Exempt()
	}
	r.service.Change(segment, block.Delta{Target: t, ID: id, Left: time.Hour, Action: a, Terms: terms})
	synctest.Wait()
}

// from is a request of a client, changed by those given.
func from(client string, change ...func(q *block.Request)) *block.Request {
	q := &block.Request{Client: netip.MustParseAddr(client), Method: "GET", Path: "/", Host: "shop.example"}
	for _, c := range change {
		c(q)
	}
	return q
}

func user(name string) func(*block.Request) { return func(q *block.Request) { q.User = name } }
func claimed(name string) func(*block.Request) {
	return func(q *block.Request) { q.User, q.Claimed = name, true }
}
func token(value string) func(*block.Request) { return func(q *block.Request) { q.Token = value } }
func to(method, path string) func(*block.Request) {
	return func(q *block.Request) { q.Method, q.Path = method, path }
}

// decides tells what becomes of a request: the action and the id of what
// decides, "pass", and "+ID" for a flag.
func (r *rig) decides(q *block.Request, want string) {
	r.t.Helper()
	v := r.Decide(q)
	if got := v.Mark(); got != want {
		r.t.Errorf("%+v\n got %q, want %q", *q, got, want)
	}
}

func TestEveryScope(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, agenttest.New("shop"), newTestClock(), t.TempDir()).start()
		apis, err := identify.NewAPIs([]identify.API{{Name: "cart", Prefix: "/cart"}})
		if err != nil {
			t.Fatal(err)
		}
		r.SetPolicy(Policy{APIs: apis, Places: places{"198.51.100.7": {"AQ", "AS64500"}}})
		for i, target := range []string{
			"192.0.2.1", "user:mallory", "application:app", "key:k", "token:t", "session:s", "fingerprint:f", "user_agent:probe/1",
			"route:POST /login", "api:cart", "country:AQ", "192.0.2.0/24 & user:eve & route:/orders/{id}",
		} {
			r.put("shop", target, block.ID(i+1), block.Deny, nil)
		}
		f := func(want string, change ...func(*block.Request)) {
			t.Helper()
			r.decides(from("198.51.100.1", change...), want)
		}
		f("")
		f("deny 0000000000000002", user("mallory"))
		f("deny 0000000000000002", claimed("mallory"))
		f("", user("alice"))
		f("deny 0000000000000003", func(q *block.Request) { q.Application = "app" })
		f("deny 0000000000000004", func(q *block.Request) { q.Key = "k" })
		f("deny 0000000000000005", token("t"))
		f("deny 0000000000000006", func(q *block.Request) { q.Session = "s" })
		f("deny 0000000000000007", func(q *block.Request) { q.Fingerprint = "f" })
		f("deny 0000000000000008", func(q *block.Request) { q.UserAgent = "probe/1" })
		f("deny 0000000000000009", to("POST", "/login"))
		f("deny 0000000000000009", to("POST", "//x/../%6cogin"))
		f("", to("GET", "/login"))
		f("deny 000000000000000a", to("GET", "/cart/7"))
		f("deny 000000000000000a", to("GET", "/c%61rt"))
		r.decides(from("198.51.100.7"), "deny 000000000000000b")
		r.decides(from("192.0.2.9", user("eve"), to("GET", "/orders/7")), "deny 000000000000000c")
		r.decides(from("192.0.2.9", user("eve"), to("GET", "/orders")), "")
		r.decides(from("192.0.2.1", to("POST", "/login")), "deny 0000000000000001")
	})
}

// places is a table of addresses with country and network.
type places map[string][2]string

func (p places) Place(a netip.Addr) (country, network string) {
	v := p[a.String()]
	return v[0], v[1]
}

// countingPlaces tells how often it was asked.
type countingPlaces struct{ asked int }

func (p *countingPlaces) Place(netip.Addr) (country, network string) {
	p.asked++
	return "AQ", "AS64500"
}

func TestPlacesAreLookedUpWhereSomethingAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, agenttest.New(), newTestClock(), t.TempDir()).start()
		p := new(countingPlaces)
		r.SetPolicy(Policy{Places: p})
		r.put(block.All, "192.0.2.1", 1, block.Deny, nil)
		pass(2 * time.Second)
		r.decides(from("198.51.100.1"), "")
		if p.asked != 0 {
			t.Errorf("asked %d times for nothing", p.asked)
		}
		r.put(block.All, "network:AS64500 & route:/login", 2, block.Deny, nil)
		r.decides(from("198.51.100.1", to("GET", "/login")), "deny 0000000000000002")
		r.SetPolicy(Policy{Places: p, Allow: allowing(t, "country:AQ")})
		r.decides(from("198.51.100.1", to("GET", "/login")), "")
		r.stop()
		again := newRig(t, r.service, r.clock, r.dir)
		again.SetPolicy(Policy{Places: p})
		again.decides(from("198.51.100.1", to("GET", "/login")), "deny 0000000000000002")
	})
}

func TestExemptionsAtEveryLayer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, agenttest.New("shop"), newTestClock(), t.TempDir(), "10.9.0.0/16", "user:probe", "key:probe-key & route:/health").start()
		r.put(block.All, "10.0.0.0/8", 1, block.Drop, nil)
		r.put(block.All, "user:alice", 2, block.Allow, nil)
		r.put("shop", "10.1.0.0/16", 3, block.Allow, nil)
		r.put("shop", "10.1.0.1", 4, block.Deny, nil)
		r.put("shop", "10.2.0.0/16", 5, block.Flag, nil)
		r.Touch(touchBy("10.1.0.2"))
		r.Touch(touchBy("10.3.0.1"))
		for _, q := range []*block.Request{
			from("10.9.0.1"), from("10.0.0.1", user("probe")), // the agent's own list
			from("10.0.0.1", func(q *block.Request) { q.Key = "probe-key" }, to("GET", "/health")),
			from("10.0.0.1", user("alice")), from("10.3.0.1", user("alice")), // in another segment, on another scope
			from("10.1.0.1"), from("10.1.0.2"), // within a block, around a block, and over the agent's own refusal
			from("10.2.0.1", user("alice")), // a flag is a block too
		} {
			r.decides(q, "")
		}
		const dropped = "drop 0000000000000001"
		r.decides(from("10.0.0.1"), dropped)
		r.decides(from("10.2.0.1"), dropped)
		r.decides(from("10.0.0.1", func(q *block.Request) { q.Key = "probe-key" }), dropped)
		// A name that the client makes up exempts nobody.
		r.decides(from("10.0.0.1", claimed("alice")), dropped)
		r.decides(from("10.0.0.1", claimed("probe")), dropped)
		if v := r.Decide(from("10.1.0.1", claimed("alice"))); v.Refused {
			t.Error("who is exempt by the address is not by a name that is made up")
		}
	})
}

func TestFlagAndThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, agenttest.New("shop"), newTestClock(), t.TempDir()).start()
		r.put("shop", "192.0.2.0/24", 1, block.Throttle, &block.Terms{Rate: 1, Burst: 2, Each: true})
		r.put("shop", "user_agent:probe/1", 2, block.Flag, nil)
		probe := func(q *block.Request) { q.UserAgent = "probe/1" }
		r.decides(from("198.51.100.1", probe), "flag 0000000000000002")
		r.decides(from("192.0.2.1", probe), "flag 0000000000000002")
		r.decides(from("192.0.2.1"), "")
		v := r.Decide(from("192.0.2.1", probe))
		if v.Mark() != "throttle 0000000000000001" || v.RetryAfter != time.Second || v.Terms.AnswerStatus(v.Action) != http.StatusTooManyRequests {
			t.Errorf("%+v", v)
		}
		r.decides(from("192.0.2.2"), "")
		pass(time.Second)
		r.decides(from("192.0.2.1"), "")
		r.decides(from("192.0.2.1"), "throttle 0000000000000001")
		if x := r.Explain(from("192.0.2.1")); !x.Decision.Throttled() {
			t.Errorf("%+v", x)
		}
		if v := r.Decide(from("192.0.2.2")); v.Refused {
			t.Error("to explain took a token")
		}
	})
}

func TestFailModeByRoute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service, clock, dir := agenttest.New(), newTestClock(), t.TempDir()
		service.Cut()
		r := newRig(t, service, clock, dir).start()
		r.SetPolicy(Policy{Allow: allowing(t, "192.0.2.9"), Fail: []FailRule{
			{Route: route(t, "GET /payments/public"), Closed: false}, {Route: route(t, "/payments/**"), Closed: true},
		}})
		r.decides(from("192.0.2.1"), "")
		r.decides(from("192.0.2.1", to("GET", "/payments/public")), "")
		v := r.Decide(from("192.0.2.1", to("POST", "/payments/7")))
		if !v.Refused || v.Terms.AnswerStatus(v.Action) != http.StatusServiceUnavailable || v.Action != block.Deny {
			t.Errorf("a route that fails closed: %+v", v)
		}
		if v := r.Decide(from("192.0.2.9", to("POST", "/payments/7"))); v.Refused {
			t.Error("who is always allowed was refused")
		}
		if !r.FailingOpen() {
			t.Error("not failing open")
		}
		r.Touch(touchBy("192.0.2.2"))
		r.want("192.0.2.2", true)
		pass(10 * time.Second)
		r.logged("failing open", 1)
		service.Mend()
		pass(10 * time.Second)
		r.logged("no longer failing open", 1)
		r.decides(from("192.0.2.1", to("POST", "/payments/7")), "")
		r.stop()
		service.Cut()
		again := newRig(t, service, clock, dir) // holds what it held
		if again.FailingOpen() {
			t.Error("an agent with a saved state has blocks to go by")
		}
	})
}

func route(t testing.TB, text string) block.Target {
	t.Helper()
	target, err := block.NewTarget(block.Criterion{Scope: block.ScopeRoute, Value: text})
	if err != nil {
		t.Fatal(err)
	}
	return target
}

func TestTouchRefusesThePrincipal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := agenttest.New("shop")
		r := newRig(t, service, newTestClock(), t.TempDir()).start()
		touch := func(client string, q *block.Request) (block.ID, finding.Finding) {
			f := touchBy(client)
			f.Principal, f.Names = r.Principal(q)
			return r.Touch(f), f
		}
		id, f := touch("192.0.2.1", from("192.0.2.1", token("stolen")))
		if f.Principal.Kind != finding.Token || !block.IsMatched(f.Principal.Value) || len(f.Names) != 2 {
			t.Errorf("%+v", f)
		}
		r.decides(from("198.51.100.1", token("stolen")), "deny "+id.String())
		r.decides(from("192.0.2.1"), "deny "+id.String())
		r.decides(from("198.51.100.1", token("another")), "")
		service.Rotate(block.All)
		synctest.Wait()
		r.decides(from("198.51.100.1", token("stolen")), "deny "+id.String())
		service.Withdraw(id)
		synctest.Wait()
		r.decides(from("198.51.100.1", token("stolen")), "")
		r.decides(from("192.0.2.1"), "")
		if n := r.provisional.len(); n != 0 {
			t.Errorf("%d refusals are left", n)
		}

		// Nobody is refused because somebody else named them.
		_, f = touch("192.0.2.2", from("192.0.2.2", claimed("alice")))
		r.decides(from("198.51.100.1", user("alice")), "")
		if f.Principal != (finding.Actor{}) || f.Names != nil {
			t.Errorf("%+v", f)
		}
		id, _ = touch("192.0.2.3", from("192.0.2.3", user("mallory")))
		r.decides(from("198.51.100.1", user("mallory")), "deny "+id.String())
		pass(2 * time.Minute)
		r.decides(from("198.51.100.1", user("mallory")), "")
	})
}

func TestRefusalsAreReportedByBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := agenttest.New()
		r := newRig(t, service, newTestClock(), t.TempDir()).start()
		r.put(block.All, "192.0.2.1", 1, block.Deny, nil)
		r.put(block.All, "192.0.2.2", 2, block.Drop, nil)
		told := func() map[block.ID]uint64 {
			pass(reportInterval)
			all := map[block.ID]uint64{}
			for _, report := range service.Reports() {
				for id, n := range report.Refused {
					all[id] += n
				}
			}
			return all
		}
		for range 3 {
			r.want("192.0.2.1", true)
		}
		r.want("192.0.2.2", true)
		r.want("192.0.2.3", false)
		if got := told(); got[1] != 3 || got[2] != 1 || len(got) != 2 {
			t.Errorf("told %v", got)
		}
		service.Cut()
		r.want("192.0.2.1", true)
		pass(3 * reportInterval)
		service.Mend()
		if got := told(); got[1] != 4 || got[2] != 1 {
			t.Errorf("after an outage: told %v", got)
		}
	})
}

func TestRefusalsAreBounded(t *testing.T) {
	r := newRefusals()
	for i := range 10 * maxRefusals {
		r.add(block.ID(i))
	}
	counts := r.take()
	if len(counts) != maxRefusals || r.lost() != 9*maxRefusals || r.take() != nil {
		t.Errorf("%d blocks, %d lost", len(counts), r.lost())
	}
}

func TestAcknowledgementLeavesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := agenttest.New()
		r := newRig(t, service, newTestClock(), t.TempDir()).start()
		pass(time.Second)
		r.put(block.All, "192.0.2.1", 1, block.Deny, nil) // and no time passes
		reports := service.Reports()
		if last := reports[len(reports)-1]; last.Enforcing[block.All] != service.Version(block.All) {
			t.Errorf("reported %+v", last)
		}
	})
}

func TestDecideAllocatesNothingForAllScopes(t *testing.T) {
	r := newRig(t, agenttest.New(), newTestClock(), t.TempDir(), "192.0.2.9")
	r.SetPolicy(Policy{Places: new(countingPlaces), Allow: allowing(t, "192.0.2.9")})
	for i, text := range []string{"192.0.2.0/24", "user_agent:probe/1", "route:POST /login", "country:AQ", "192.0.2.0/24 & api:cart"} {
		target, err := block.ParseTarget(text)
		if err != nil {
			t.Fatal(err)
		}
		r.Apply(block.All, block.Delta{Revision: uint64(i + 1), Target: target, ID: block.ID(i + 1), Left: math.MaxInt64 / 2, Action: block.Throttle, Terms: &block.Terms{Rate: 1}})
	}
	r.ready.Store(true)
	for _, q := range []*block.Request{
		from("192.0.2.7", to("POST", "/login")), from("198.51.100.1"), from("2001:db8::1", func(q *block.Request) { q.UserAgent = "probe/1" }),
	} {
		r.Decide(q)
		if n := testing.AllocsPerRun(100, func() { r.Decide(q) }); n != 0 {
			t.Errorf("%+v: %v allocations", *q, n)
		}
	}
}
