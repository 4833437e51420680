package service

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// teller keeps Alertmanager told of what is the matter with honeymoat itself:
// it raises what has lasted, changes what reads otherwise by now, and resolves
// what is over. What a start has forgotten resolves by itself, or is found to be
// so again.
type teller struct {
	post   func(context.Context, []respond.Alert) error
	url    string // where people look further
	since  map[string]time.Time
	raised map[string]respond.Alert
}

func newTeller(post func(context.Context, []respond.Alert) error, url string) *teller {
	return &teller{post: post, url: url, since: map[string]time.Time{}, raised: map[string]respond.Alert{}}
}

// trouble is one thing that people have to mend, by what it is about.
type trouble struct {
	where   map[string]string // labels besides: agent, gateway, source …
	summary string
}

// complaint is a trouble as it is told.
type complaint struct {
	condition *condition
	trouble
}

func (c *complaint) key() string {
	var b strings.Builder
	b.WriteString(c.condition.name)
	for _, name := range slices.Sorted(maps.Keys(c.where)) {
		fmt.Fprintf(&b, ",%s=%q", name, c.where[name])
	}
	return b.String()
}

func (c *complaint) labels() map[string]string {
	labels := map[string]string{
		"alertname": respond.HealthAlert + c.condition.name, "family": string(finding.Health), "tier": finding.Notify.String(),
	}
	maps.Copy(labels, c.where)
	return labels
}

// tell takes all complaints that hold now.
func (t *teller) tell(ctx context.Context, complaints []complaint, now time.Time) error {
	var alerts []respond.Alert
	holds := map[string]bool{}
	for i := range complaints {
		c := &complaints[i]
		key := c.key()
		holds[key] = true
		if _, known := t.since[key]; !known {
			t.since[key] = now
		}
		if now.Sub(t.since[key]) < c.condition.patience {
			continue
		}
		if a, news := t.raise(key, c); news {
			alerts = append(alerts, a)
		}
	}
	maps.DeleteFunc(t.since, func(key string, _ time.Time) bool { return !holds[key] })
	alerts = append(alerts, t.resolve(holds, now)...)
	if len(alerts) == 0 {
		return nil
	}
	if err := t.post(ctx, alerts); err != nil {
		return fmt.Errorf("tell of honeymoat's health: %w", err)
	}
	return nil
}

// raise gives the alert of a complaint, unless it was told in these words.
func (t *teller) raise(key string, c *complaint) (respond.Alert, bool) {
	if old, raised := t.raised[key]; raised && old.Annotations["summary"] == c.summary {
		return old, false
	}
	a := respond.Alert{
		Labels: c.labels(), StartsAt: t.since[key], URL: t.url,
		Annotations: map[string]string{"summary": c.summary, "description": c.condition.helps},
	}
	t.raised[key] = a
	return a, true
}

// resolve ends what holds no longer.
func (t *teller) resolve(holds map[string]bool, now time.Time) (over []respond.Alert) {
	for _, key := range slices.Sorted(maps.Keys(t.raised)) {
		if !holds[key] {
			a := t.raised[key]
			a.EndsAt = now
			over = append(over, a)
			delete(t.raised, key)
		}
	}
	return over
}
