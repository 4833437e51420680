package detect

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/event"
)

// measured gives the measures of a result in short: requests/successful.
func measured(r *Result) string {
	said := ""
	for _, m := range r.Measures {
		said += fmt.Sprintf("%d/%d ", m.Requests, m.Successful)
	}
	return said
}

// TestTrials: what follows a finding, by whom its block is asked on, would have
// been hit, until the block would have ended.
func TestTrials(t *testing.T) {
	const known = block.ID(0xabc)
	f := func(scope, want string, p person, rows ...row) {
		t.Helper()
		d := hashed(t, "address", scope, Options{Measure: true, Known: func(id block.ID) bool { return id == known }})
		one(t, d, p.says())
		b := newBatch(rows...)
		for field, v := range p {
			fill(b, field, v)
		}
		var r Result
		d.Detect(b, &r)
		if got := measured(&r); got != want {
			t.Errorf("%s: measured %q, want %q", scope, got, want)
		}
	}
	rows := []row{
		{client: client, path: "/", status: 200, at: time.Second},
		{client: client, path: "/", status: 404, at: 2 * time.Second},
		{client: client, path: "/secret/7", status: 404, at: 3 * time.Second},
		{client: "192.0.2.8", path: "/", status: 200, at: time.Second},
		{client: client, path: "/", status: 200, at: 2 * time.Hour},
		{client: client, path: "/", status: 403, at: time.Second, mark: "deny " + known.String()},
	}
	f("mode: rollout", "3/1 ", person{}, rows...)
	f("mode: shadow", "", person{}, rows...)
	f("mode: enforce", "", person{}, rows...)
	f("scope: user", "4/2 ", person{event.User: "alice"}, rows...)
	f("scope: [address, user]", "3/1 ", person{event.User: "alice"}, rows...)
	f("scope: [address, route]", "1/0 ", person{}, rows...)
	f("scope: country", "4/2 ", person{event.Country: "AQ"}, rows...)
	f("scope: user", "", person{}, rows...)
}

func TestTrialsOfIPv6CountByTheirNetwork(t *testing.T) {
	d := hashed(t, "address", "mode: rollout", Options{Measure: true})
	var r Result
	d.Detect(newBatch(
		row{client: "2001:db8:1:2::1", path: "/secret", status: 200},
		row{client: "2001:db8:1:2::2", path: "/", status: 200},
		row{client: "2001:db8:1:3::2", path: "/", status: 200},
	), &r)
	if got := measured(&r); got != "1/1 " {
		t.Errorf("measured %q", got)
	}
}

func TestTrialsAreBounded(t *testing.T) {
	ts := newTrials(3)
	key := func(i int) []block.Criterion {
		return []block.Criterion{{Scope: block.ScopeAddress, Value: fmt.Sprintf("192.0.2.%d", i)}}
	}
	for i := range 10 {
		ts.add(key(i), trial{logic: logic{"r", "v"}, until: int64(i)})
		ts.add(key(i), trial{logic: logic{"r", "v"}, until: 1})
		ts.add(key(i), trial{logic: logic{"other", "v"}, until: 1})
	}
	if len(ts.clients) != 2 || len(ts.get(key(9)[0])) != 2 || ts.get(key(9)[0])[0].until != 9 || len(ts.get(key(8)[0])) != 1 || ts.get(key(7)[0]) != nil {
		t.Errorf("%+v", ts.clients)
	}
}

// A client may ask for any number of routes, and for long ones.
func TestAClientsTrialsAreBounded(t *testing.T) {
	d := hashed(t, "address", "scope: [address, route]", Options{Measure: true})
	var r Result
	for i := range 10 * maxTrialsEach {
		d.Detect(newBatch(row{client: client, path: fmt.Sprintf("/secret/%d", i), status: 404}), &r)
	}
	list := d.trials.clients[clientOfValue(client)]
	if len(list) != maxTrialsEach || list[len(list)-1].rest[0].Value != fmt.Sprintf("GET /secret/%d", 10*maxTrialsEach-1) {
		t.Errorf("%d trials, the last is %+v", len(list), list[len(list)-1])
	}
	d.Detect(newBatch(row{client: "192.0.2.99", path: "/secret/" + strings.Repeat("x", maxTrialText), status: 404}), &r)
	if list := d.trials.clients[clientOfValue("192.0.2.99")]; len(list) != 0 {
		t.Errorf("a long one: %+v", list)
	}
}

func TestTrialsAreFoundByWhatFewestRequestsMeet(t *testing.T) {
	ts := newTrials(10)
	user, country := block.Criterion{Scope: block.ScopeUser, Value: "alice"}, block.Criterion{Scope: block.ScopeCountry, Value: "AQ"}
	for i := range 3 {
		ts.add([]block.Criterion{country, user}, trial{logic: logic{"r", fmt.Sprint(i)}})
	}
	got := ts.get(user)
	if len(got) != 3 || len(got[0].rest) != 1 || got[0].rest[0] != country || len(ts.get(country)) != 0 || len(ts.order) != 3 {
		t.Errorf("%+v", got)
	}
}

func TestHealthOfGateways(t *testing.T) {
	const known = block.ID(0xabc)
	d := hashed(t, "address", "mode: rollout", Options{Measure: true, Known: func(id block.ID) bool { return id == known }})
	b := newBatch(
		row{client: client, path: "/", status: 200}, row{client: client, path: "/", status: 502},
		row{client: client, path: "/", status: 403, mark: "deny " + known.String()},
	)
	var r Result
	d.Detect(b, &r)
	if len(r.Gateways) != 1 || r.Gateways[0].Gateway != "gw-a" || r.Gateways[0].Requests != 2 || r.Gateways[0].Errors != 1 {
		t.Errorf("%+v", r.Gateways)
	}
	b.Kind = event.Decoy
	d.Detect(b, &r)
	if len(r.Gateways) != 0 {
		t.Errorf("%+v", r.Gateways)
	}
}

// TestMarksOfAllActions: what we refused is counted and no evidence, what we
// flagged is both.
func TestMarksOfAllActions(t *testing.T) {
	const known = block.ID(0xabc)
	f := func(action string, denied, flagged, found int) {
		t.Helper()
		d := hashed(t, "address", "mode: enforce", Options{Known: func(id block.ID) bool { return id == known }})
		var r Result
		d.Detect(newBatch(row{client: client, path: "/secret", status: 403, mark: action + " " + known.String()}), &r)
		if len(r.Denials) != denied || len(r.Flags) != flagged || len(r.Findings) != found || d.Stats().Flags != uint64(flagged) {
			t.Errorf("%s: %+v", action, r)
		}
	}
	f("deny", 1, 0, 0)
	f("drop", 1, 0, 0)
	f("throttle", 1, 0, 0)
	f("divert", 1, 0, 0)
	f("flag", 0, 1, 1)
	f("", 0, 0, 1)
	f("shrug", 0, 0, 1)
}
