package detect

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/sigma"
)

const testRules = `
title: Asks for secrets
id: 11111111-1111-4111-8111-111111111111
logsource: {category: webserver}
detection:
  secrets: {path|contains: secret}
  condition: secrets
level: high
honeymoat: {family: recon, block: {ttl: 1h, mode: enforce}}
---
title: Login refused
id: 22222222-2222-4222-8222-222222222222
name: refused
logsource: {category: webserver}
detection:
  login: {path: /login, sc-status: 401}
  condition: login
---
title: Many logins refused
id: 33333333-3333-4333-8333-333333333333
correlation:
  type: event_count
  rules: [refused]
  group-by: [c-ip]
  timespan: 10m
  condition: {gte: 3}
level: high
honeymoat: {family: credential, tier: notify, block: {ttl: 2h, mode: shadow}}
`

func newRulebook(t testing.TB, text string) *Rulebook {
	t.Helper()
	c, mistakes := sigma.Parse(sigma.Options{}, sigma.Source{Name: "rules.yml", Data: []byte(text)})
	if len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	return NewRulebook(c, RulebookOptions{})
}

func newRuling(t testing.TB, o Options) *Detector {
	t.Helper()
	o.Rulebook = newRulebook(t, testRules)
	return New(o)
}

// refusals are refused logins of a client, a second apart from the first.
func refusals(client string, first, n int) []row {
	var rows []row
	for i := range n {
		rows = append(rows, row{client: client, path: "/login", status: 401, at: time.Duration(first+i) * time.Second})
	}
	return rows
}

func TestRuleMatchIsAFinding(t *testing.T) {
	var r Result
	newRuling(t, Options{}).Detect(newBatch(row{client: client, path: "/a"}, row{client: client, host: "h", path: "/secret", status: 404}), &r)
	if len(r.Findings) != 1 {
		t.Fatalf("found %+v", r.Findings)
	}
	f := r.Findings[0]
	want := finding.Wanted{LifetimeSeconds: 3600}
	if f.Rule != "11111111-1111-4111-8111-111111111111" || f.RuleVersion == "" || f.Family != "recon" || f.Tier != finding.Notify ||
		f.Actor.Value != client || f.Wanted != want || f.Sighting.Line != 2 || f.Score != 0.8 || f.Title != "Asks for secrets" {
		t.Errorf("found %+v", f)
	}
	if f.Reason != "GET /secret was answered 404" {
		t.Errorf("reason %q", f.Reason)
	}
}

func TestRepeatsOfABatchAreCounted(t *testing.T) {
	rows := []row{{client: client, path: "/secret"}, {client: "192.0.2.8", path: "/secret"}, {client: client, path: "/secret/2"}}
	var live, finished Result
	newRuling(t, Options{}).Detect(newBatch(rows...), &live)
	if len(live.Findings) != 2 || live.Findings[0].Repeats != 1 || live.Findings[1].Repeats != 0 {
		t.Errorf("live: %+v", live.Findings)
	}
	newRuling(t, Options{Finished: true}).Detect(newBatch(rows...), &finished)
	if len(finished.Findings) != 3 || finished.Findings[0].ID != live.Findings[0].ID || finished.Findings[2].ID == finished.Findings[0].ID {
		t.Errorf("finished: %+v", finished.Findings)
	}
}

func TestCorrelationIsAFinding(t *testing.T) {
	d := newRuling(t, Options{})
	var r Result
	d.Detect(newBatch(refusals(client, 0, 2)...), &r)
	if len(r.Findings) != 0 {
		t.Fatalf("two refusals: %+v", r.Findings)
	}
	d.Detect(newBatch(append(refusals("192.0.2.8", 0, 1), refusals(client, 5, 3)...)...), &r)
	if len(r.Findings) != 1 {
		t.Fatalf("found %+v", r.Findings)
	}
	f := r.Findings[0]
	want := finding.Wanted{LifetimeSeconds: 7200, Shadow: true}
	if f.Actor.Value != client || f.Tier != finding.Notify || f.Family != "credential" || f.Wanted != want || f.Sighting.Line != 2 {
		t.Errorf("found %+v", f)
	}
	if !strings.HasPrefix(f.Reason, "3 events within 10m0s for "+client) {
		t.Errorf("reason %q", f.Reason)
	}
}

func TestRedeliveredBatchMakesTheSameFindings(t *testing.T) {
	b := newBatch(append(refusals(client, 0, 4), row{client: client, path: "/secret"})...)
	ids := func() string {
		var r Result
		newRuling(t, Options{}).Detect(b, &r)
		return outcome(&r) + r.Findings[0].ID + r.Findings[1].ID
	}
	if first, again := ids(), ids(); first != again {
		t.Errorf("%s\n%s", first, again)
	}
}

func TestIPv6IsCountedByItsNetwork(t *testing.T) {
	var rows []row
	for i := range 3 {
		rows = append(rows, refusals(fmt.Sprintf("2001:db8:1:2::%d", i+1), i, 1)...)
	}
	var r Result
	newRuling(t, Options{}).Detect(newBatch(rows...), &r)
	if len(r.Findings) != 1 || r.Findings[0].Actor.String() != "prefix:2001:db8:1:2::/64" {
		t.Errorf("found %+v", r.Findings)
	}
}

func TestOwnDenialsAreNoEvidence(t *testing.T) {
	const known = block.ID(0xabc)
	f := func(want int, o Options, mark string) {
		t.Helper()
		rows := refusals(client, 0, 3)
		for i := range rows {
			rows[i].mark = mark
		}
		var r Result
		newRuling(t, o).Detect(newBatch(append(rows, row{client: client, path: "/secret", status: 403, mark: mark})...), &r)
		if len(r.Findings) != want {
			t.Errorf("mark %q: %d findings, want %d", mark, len(r.Findings), want)
		}
	}
	live := Options{Known: func(id block.ID) bool { return id == known }}
	f(0, live, "deny 0000000000000abc")
	f(2, live, "deny 0000000000000def")
	f(2, live, "flag 0000000000000abc")
	f(0, Options{Finished: true}, "deny 0000000000000def")
	f(2, Options{Finished: true}, "deny nonsense")
}

func TestReloadKeepsWhatCorrelationsRemember(t *testing.T) {
	d := newRuling(t, Options{})
	var r Result
	d.Detect(newBatch(refusals(client, 0, 2)...), &r)
	d.Reload(nil, newRulebook(t, strings.Replace(testRules, "contains: secret", "contains: hidden", 1)), nil)
	d.Detect(newBatch(append(refusals(client, 2, 1), row{client: client, path: "/hidden"})...), &r)
	if got := outcome(&r); len(r.Findings) != 2 {
		t.Errorf("after a reload: %q", got)
	}
}

func TestCorrelationsOutliveARestart(t *testing.T) {
	a, b := newRuling(t, Options{}), newRuling(t, Options{})
	var r Result
	a.Detect(newBatch(refusals(client, 0, 2)...), &r)
	var data bytes.Buffer
	if err := a.WriteSnapshot(&data); err != nil {
		t.Fatal(err)
	}
	if err := b.Restore(data.Bytes()); err != nil {
		t.Fatal(err)
	}
	b.Detect(newBatch(refusals(client, 2, 1)...), &r)
	if len(r.Findings) != 1 {
		t.Errorf("after a restart: %q", outcome(&r))
	}
}

func TestNobodyIsBlamedWithoutAnAddress(t *testing.T) {
	d := newRuling(t, Options{})
	var r Result
	d.Detect(newBatch(append(refusals("", 0, 3), row{path: "/secret"})...), &r)
	if len(r.Findings) != 0 || d.Stats().NoClient == 0 {
		t.Errorf("found %+v", r.Findings)
	}
}

// One source whose first line is of the far future does not stop time for ever.
func TestAWrongFirstTimeIsTakenBack(t *testing.T) {
	d := New(Options{Rulebook: newRulebook(t, quietUsers)})
	var r Result
	d.Detect(newBatch(row{client: client, path: "/", at: 24 * 365 * 60 * time.Hour}), &r)
	found := 0
	for i := range 60 {
		d.Detect(newBatch(refusals(client, i*180, 1)...), &r)
		found += len(r.Findings)
	}
	if found == 0 {
		t.Error("no window was judged")
	}
}

// What sources said of the time outlives a reload.
func TestAReloadBelievesNobodyAnew(t *testing.T) {
	d := newRuling(t, Options{})
	var r Result
	for i := range 20 {
		d.Detect(newBatch(refusals(client, i, 1)...), &r)
	}
	d.Reload(nil, newRulebook(t, testRules+overChild), nil)
	d.Detect(newBatch(row{client: client, path: "/", at: 24 * 365 * 60 * time.Hour}), &r)
	if n := d.Windows().EvictedByAge; n != 0 {
		t.Errorf("%d groups were forgotten", n)
	}
}
