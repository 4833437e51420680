package detect

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/sigma"
)

const overChild = `
---
title: Many logins refused, often
id: 44444444-4444-4444-8444-444444444444
correlation:
  type: event_count
  rules: [33333333-3333-4333-8333-333333333333]
  group-by: [c-ip]
  timespan: 1h
  condition: {gte: 1}
  generate: true
level: high
`

// A correlation that is left out of the collection, but that another one
// refers to, finds nothing itself.
func TestADisabledCorrelationIsSilent(t *testing.T) {
	c, mistakes := sigma.Parse(sigma.Options{}, sigma.Source{Name: "rules.yml", Data: []byte(testRules + overChild)})
	if len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	c.Correlations = slices.DeleteFunc(c.Correlations, func(c *sigma.Correlation) bool { return strings.HasPrefix(c.ID, "3") })
	d := New(Options{Rulebook: NewRulebook(c, RulebookOptions{})})
	var r Result
	d.Detect(newBatch(refusals(client, 0, 3)...), &r)
	if len(r.Findings) != 1 || !strings.HasPrefix(r.Findings[0].Rule, "4") {
		t.Errorf("found %+v", r.Findings)
	}
}

const quietUsers = `
title: Any request
id: 55555555-5555-4555-8555-555555555555
name: any
logsource: {category: webserver}
detection:
  s: {path: /login}
  condition: s
---
title: Few requests of a client
id: 66666666-6666-4666-8666-666666666666
correlation:
  type: event_count
  rules: [any]
  group-by: [path, c-ip]
  timespan: 10m
  condition: {lte: 5}
honeymoat: {actor: address}
`

// Who a rule says that its finding is about may be who it groups by: a finding
// that time has completed has no record of its own.
func TestNamedActorOfAWindowThatEnded(t *testing.T) {
	d := New(Options{Rulebook: newRulebook(t, quietUsers)})
	var r Result
	d.Detect(newBatch(refusals(client, 0, 3)...), &r)
	d.Finish(&r)
	if len(r.Findings) != 1 || r.Findings[0].Actor != (finding.Actor{Kind: finding.Address, Value: client}) {
		t.Errorf("found %+v", r.Findings)
	}
}

// What sources said of the time outlives a restart.
func TestARestartBelievesNobodyAnew(t *testing.T) {
	a, b := newRuling(t, Options{}), newRuling(t, Options{})
	var r Result
	for i := range 20 {
		a.Detect(newBatch(refusals(client, i, 1)...), &r)
	}
	var data bytes.Buffer
	if err := a.WriteSnapshot(&data); err != nil {
		t.Fatal(err)
	}
	if err := b.Restore(data.Bytes()); err != nil {
		t.Fatal(err)
	}
	b.Detect(newBatch(row{client: client, path: "/", at: 24 * 365 * 60 * time.Hour}), &r)
	if n := b.Windows().EvictedByAge; n != 0 {
		t.Errorf("%d groups were forgotten", n)
	}
}
