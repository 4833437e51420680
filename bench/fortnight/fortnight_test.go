package main

import (
	"context"
	"hash/fnv"
	"slices"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

func TestIncidentsAreOfAllShapes(t *testing.T) {
	w := newWorld(options{seed: 1, learn: 21, days: 14, rate: 1})
	plan := incidents(w, 14)
	names, shapes := map[string]bool{}, map[finding.Shape]bool{}
	for _, i := range plan {
		if names[i.Name] || i.from >= i.until || i.from < w.from || i.until > w.end || len(i.subjects) == 0 || len(i.families) == 0 || i.due == 0 {
			t.Errorf("%+v", i)
		}
		names[i.Name], shapes[i.Shape] = true, true
	}
	for _, s := range []finding.Shape{finding.Burst, finding.Drift, finding.Silent, finding.Glitch, finding.Single, finding.First, finding.Broken, finding.Behaviour} {
		if !shapes[s] {
			t.Errorf("no incident is a %s", s)
		}
	}
	if len(plan) < 20 {
		t.Errorf("%d incidents", len(plan))
	}
}

// digest is what a world makes, in short.
func digest(t *testing.T, seed uint64) (sum uint64, rows int, statuses map[int64]int) {
	t.Helper()
	w := newWorld(options{seed: seed, learn: 1, days: 2, rate: 0.2})
	h := fnv.New64a()
	statuses = map[int64]int{}
	err := w.run(context.Background(), incidents(w, 2), func(b *event.Batch, _ int64) error {
		rows += b.Rows()
		for row := range b.Rows() {
			_, _ = h.Write(b.Text(event.Path, row))
			statuses[b.Number(event.Status, row)]++
			if ahead := b.Number(event.Time, row) - b.Received; ahead > 2e9 { // what a page needs is asked for within a second or two
				t.Fatalf("a row is %d ns later than its batch", ahead)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return h.Sum64(), rows, statuses
}

func TestASeedMakesTheSameRequests(t *testing.T) {
	first, rows, statuses := digest(t, 1)
	if again, _, _ := digest(t, 1); again != first {
		t.Error("the same seed makes other requests")
	}
	if other, _, _ := digest(t, 2); other == first {
		t.Error("another seed makes the same requests")
	}
	if rows < 50_000 || statuses[200] < rows/2 || statuses[401] == 0 || statuses[404] == 0 || statuses[500] == 0 {
		t.Errorf("%d rows with %v", rows, statuses)
	}
}

func TestJudge(t *testing.T) {
	w := &world{from: 100 * hour}
	plan := []incident{{
		Name: "a", from: 101 * hour, until: 102 * hour, due: finding.Notify, subjects: []string{"route:GET /a", "address:47.1."},
		families: []finding.Family{finding.Errors},
	}, {Name: "b", from: 103 * hour, until: 104 * hour, due: finding.Log, subjects: []string{"user:b"}, families: []finding.Family{finding.Object}}}
	r := judge(w, plan, []told{
		{at: 99 * hour, actor: "route:GET /a", family: finding.Errors, tier: finding.Log, statistical: true},                                     // before
		{at: 101*hour + minute, actor: "route:GET /a", family: finding.Volume, tier: finding.Log, statistical: true},                             // a side effect
		{at: 101*hour + 2*minute, actor: "address:47.1.2.3", family: finding.Errors, tier: finding.Log, statistical: true},                       // found
		{at: 102*hour + minute, actor: "route:GET /a", family: finding.Errors, before: finding.Log, tier: finding.Notify, statistical: true},     // and louder
		{at: 103*hour + minute, actor: "user:d", family: finding.Object, tier: finding.Log, statistical: true, since: 103 * hour},                // beside
		{at: 103*hour + minute, actor: "user:c", family: finding.Object, tier: finding.Log, statistical: true},                                   // false
		{at: 103*hour + 2*minute, actor: "user:c", family: finding.Object, before: finding.Log, tier: finding.Log, statistical: true},            // told already
		{at: 103*hour + 3*minute, actor: "user:c", family: finding.Object, before: finding.Log, tier: finding.Page, statistical: true},           // false and loud
		{at: 103*hour + 4*minute, actor: "address:185.220.1.1", family: finding.Decoy, tier: finding.Log, rule: "decoy.env", statistical: false}, // no statistic
	}, options{days: 1})
	a, b := r.Outcomes[0], r.Outcomes[1]
	if !a.Found || a.After.Minutes() != 2 || a.Tier != finding.Notify || a.Finding != 2 || b.Found {
		t.Errorf("%+v, %+v", a, b)
	}
	if r.FalseLogs != 1 || r.FalseInterruptions != 1 || r.BeforeLogs != 1 || r.Beside != 1 || len(r.False) != 2 {
		t.Errorf("%d false, %d loud, %d before, %d beside, %v", r.FalseLogs, r.FalseInterruptions, r.BeforeLogs, r.Beside, r.False)
	}
	if text := r.String(); !strings.Contains(text, "found 1 of 2, 1 as loud as is due") || !strings.Contains(text, "MISSED") {
		t.Error(text)
	}
}

// The whole of it, on few days and visitors: it is made to be looked at, so
// here only that it runs and gives the same again.
func TestPlay(t *testing.T) {
	o := options{seed: 3, learn: 1, days: 1, rate: 0.05, budget: 3}
	first, err := play(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	again, err := play(context.Background(), o)
	if err != nil || !slices.Equal(first.Told, again.Told) || len(first.Told) == 0 {
		t.Errorf("told %d, then %d, %v", len(first.Told), len(again.Told), err)
	}
}
