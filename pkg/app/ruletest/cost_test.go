package ruletest

import (
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/event"
)

func TestMeter(t *testing.T) {
	set := load(t, map[string]string{"a.yml": probe, "b.yml": burst})
	m := NewMeter(set.Collection.Rules)
	lines := make([]Text, 1000)
	for i := range lines {
		lines[i].Text = strings.Trim(fixed("GET /", 404), "'")
	}
	log := Log{Parse: accesslog.Options{Format: "combined"}}
	b, bad, _, err := log.read(lines, event.Position{Line: 1})
	if err != nil || len(bad) > 0 {
		t.Fatal(err, bad)
	}
	if err := m.Scan(b); err != nil {
		t.Fatal(err)
	}
	over := func(budget time.Duration) (hits, n int64) {
		c := m.Costs(budget)
		if c.Lines != 1000 || len(c.Rules) != 3 {
			t.Errorf("%+v", c)
		}
		for _, r := range c.Rules {
			hits += r.Hits
			if r.Over {
				n++
			}
		}
		return hits, n
	}
	if hits, n := over(time.Hour); hits != 1000 || n != 0 {
		t.Errorf("%d hits, %d over an hour", hits, n)
	}
	if _, n := over(-1); n == 0 {
		t.Error("nothing is over less than nothing")
	}
}
