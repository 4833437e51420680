package detect

import (
	"slices"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/traffic"
)

const scopedRules = `
title: Asks for secrets
id: 11111111-1111-4111-8111-111111111111
logsource: {category: webserver}
detection: {secrets: {path|contains: secret}, condition: secrets}
honeymoat: {actor: ACTOR, block: {ttl: 1h, BLOCK}}
`

// person is a row's fields by their names.
type person map[event.TextField]string

// says gives a batch of one row for /secret with such fields.
func (p person) says() *event.Batch {
	b := newBatch(row{client: client, path: "/secret/7", status: 200})
	for f, v := range p {
		fill(b, f, v)
	}
	return b
}

// fill gives all rows a value.
func fill(b *event.Batch, f event.TextField, v string) {
	b.MapText(f, func(_ int, dst, _ []byte) ([]byte, bool) { return append(dst, v...), true })
}

// hashed is a detector of one rule whose names and masks can be told.
func hashed(t *testing.T, actor, block string, o Options) *Detector {
	t.Helper()
	o.Rulebook = newRulebook(t, strings.NewReplacer("ACTOR", actor, "BLOCK", block).Replace(scopedRules))
	o.Names = func(segment string, a finding.Actor) string { return nameAt(segment, a) }
	o.Mask = func(f *finding.Finding) {
		for _, a := range append([]*finding.Actor{&f.Actor, &f.Principal}, actorsOf(f.Names)...) {
			if a.Kind == finding.User {
				a.Value = strings.ReplaceAll(a.Value, "alice", "k:hash")
			}
		}
	}
	return New(o)
}

func actorsOf(names []finding.Name) []*finding.Actor {
	var list []*finding.Actor
	for i := range names {
		list = append(list, &names[i].Actor)
	}
	return list
}

func nameAt(segment string, a finding.Actor) string {
	return block.NewMatchKey([32]byte{byte(len(segment))}).Hash(block.Scope(a.Kind), a.Value)
}

func one(t *testing.T, d *Detector, b *event.Batch) finding.Finding {
	t.Helper()
	var r Result
	d.Detect(b, &r)
	if len(r.Findings) != 1 {
		t.Fatalf("found %+v", r.Findings)
	}
	return r.Findings[0]
}

func TestPrincipal(t *testing.T) {
	f := func(p person, want finding.Actor) {
		t.Helper()
		if got := one(t, hashed(t, "address", "mode: enforce", Options{}), p.says()).Principal; got != want {
			t.Errorf("behind %v is %v, want %v", p, got, want)
		}
	}
	f(person{}, finding.Actor{})
	f(person{event.Application: "shop"}, finding.Actor{Kind: finding.Application, Value: "shop"})
	f(person{event.Application: "shop", event.Session: "s"}, finding.Actor{Kind: finding.Session, Value: "s"})
	f(person{event.Principal: "p", event.Session: "s"}, finding.Actor{Kind: finding.Token, Value: "p"})
	f(person{event.Principal: "p", event.PrincipalKind: "key"}, finding.Actor{Kind: finding.Key, Value: "p"})
	f(person{event.Principal: "p", event.User: "bob"}, finding.Actor{Kind: finding.User, Value: "bob"})
	f(person{event.User: "alice"}, finding.Actor{Kind: finding.User, Value: "k:hash"})
}

func TestNamesAreMadeOfWhatIsMasked(t *testing.T) {
	alice := finding.Actor{Kind: finding.User, Value: "alice"}
	f := one(t, hashed(t, "address", "mode: enforce", Options{}), person{event.User: "alice"}.says())
	want := finding.Name{Actor: finding.Actor{Kind: finding.User, Value: "k:hash"}, Segment: block.All, Value: nameAt(block.All, alice)}
	if !slices.Equal(f.Names, []finding.Name{want}) || f.Principal != want.Actor {
		t.Errorf("%+v", f)
	}
	f = one(t, hashed(t, "user", "mode: enforce", Options{}), person{event.User: "alice"}.says())
	if !slices.Equal(f.Names, []finding.Name{want}) || f.Actor != want.Actor || f.Principal != (finding.Actor{}) {
		t.Errorf("%+v", f)
	}
	f = one(t, newRuling(t, Options{}), person{event.User: "alice"}.says())
	if len(f.Names) != 0 {
		t.Errorf("nobody names users, and yet %+v", f.Names)
	}
}

func TestTargets(t *testing.T) {
	alice := "user:" + nameAt(block.All, finding.Actor{Kind: finding.User, Value: "alice"})
	f := func(scope, want string, p person) {
		t.Helper()
		got := one(t, hashed(t, "address", "scope: "+scope, Options{}), p.says()).Wanted
		if got.Target != want || got.Scope == "" || !got.Rollout {
			t.Errorf("%s of %v wants %+v, want %q", scope, p, got, want)
		}
	}
	f("address", client, person{})
	f("user", alice, person{event.User: "alice"})
	f("user", "", person{})
	f("[address, user]", client+" & "+alice, person{event.User: "alice"})
	f("[address, user]", "", person{})
	f("[address, user_agent, country]", client+" & user_agent:curl/8 & country:AQ", person{event.UserAgent: "curl/8", event.Country: "AQ"})
	f("route", "route:GET /secret/7", person{})
	f("[application, route]", "application:shop & route:GET /secret/{}", person{event.Application: "shop", event.Route: "/secret/{id}"})
	f("key", "", person{event.Principal: "p", event.PrincipalKind: "token"})
	f("user_agent", "user_agent:"+strings.Repeat("x", block.MaxValue), person{event.UserAgent: strings.Repeat("x", 999)})
	f("user_agent", "user_agent:"+strings.Repeat("x", block.MaxValue-1), person{event.UserAgent: strings.Repeat("x", block.MaxValue-1) + "ééé"})
	f("fingerprint", "", person{event.TLSFingerprint: "a\nb"})
	long := strings.Repeat("x", block.MaxValue+1) // agents hash all of a token
	f("token", "token:"+nameAt(block.All, finding.Actor{Kind: finding.Token, Value: long}), person{event.Principal: long, event.PrincipalKind: "token"})
}

// TestRoutesAreAsAgentsCompareThem, however a client writes the path, which is
// never a template.
func TestRoutesAreAsAgentsCompareThem(t *testing.T) {
	f := func(path, want string) {
		t.Helper()
		d := hashed(t, "address", "scope: route", Options{})
		if got := one(t, d, newBatch(row{client: client, path: path, status: 404})).Wanted.Target; got != want {
			t.Errorf("%s wants %q, want %q", path, got, want)
		}
	}
	f("/a/secret/7", "route:GET /a/secret/7")
	f("//a/./secret/%37", "route:GET /a/secret/7")
	f("/%61//secret/x/../7", "route:GET /a/secret/7")
	f("/secret/**", "")
	f("/secret/{x}", "")
	f("/secret/%7bx%7d/y", "")
	f("/secret/%2a%2a", "")
}

func TestWhatARuleWants(t *testing.T) {
	f := func(text string, want finding.Wanted) {
		t.Helper()
		want.LifetimeSeconds = 3600
		if got := one(t, hashed(t, "address", text, Options{}), person{}.says()).Wanted; got != want {
			t.Errorf("%s wants %+v, want %+v", text, got, want)
		}
	}
	f("mode: enforce", finding.Wanted{})
	f("mode: shadow", finding.Wanted{Shadow: true})
	f("mode: rollout, action: deny, status: 404", finding.Wanted{Rollout: true, Status: 404})
	f("action: throttle, rate: 2, burst: 5", finding.Wanted{Rollout: true, Action: "throttle", Rate: 2, Burst: 5})
	f("action: flag, header: X-A, value: b", finding.Wanted{Rollout: true, Action: "flag", Header: "X-A", Value: "b"})
}

// TestTrafficIsCounted, but for what we answered ourselves, and findings'
// principals are known to the counters by their hashes.
func TestTrafficIsCounted(t *testing.T) {
	const known = block.ID(0xabc)
	counts := traffic.New(traffic.Options{})
	d := hashed(t, "address", "mode: enforce", Options{Traffic: counts, Known: func(id block.ID) bool { return id == known }})
	b := newBatch(
		row{client: client, path: "/secret", status: 200},
		row{client: client, path: "/", status: 404},
		row{client: client, path: "/", status: 200, mark: "divert " + known.String()},
		row{client: client, path: "/", status: 429, mark: "throttle " + known.String()},
		row{client: client, path: "/", status: 200, mark: "flag " + known.String()},
	)
	fill(b, event.User, "alice")
	b.Received = start.UnixNano()
	var r Result
	d.Detect(b, &r)
	target, err := block.ParseTarget("user:" + nameAt(block.All, finding.Actor{Kind: finding.User, Value: "alice"}))
	if err != nil {
		t.Fatal(err)
	}
	for _, day := range []traffic.Day{
		counts.Of(block.AddressTarget(clientOf(r.Findings[0].Actor)), start), counts.Of(target, start), counts.OfActor(r.Findings[0].Principal, start),
	} {
		if day.Requests != 3 || day.Successful != 2 || !day.Known {
			t.Errorf("%+v", day)
		}
	}
}
