package respond

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// The names of alerts.
const (
	// ActorAlert is about an actor.
	ActorAlert = "HoneymoatActor"
	// HealthAlert is the prefix of the names of alerts about honeymoat itself.
	HealthAlert = "Honeymoat"
)

// activeAlert is the identity of an alert that has been raised about a story,
// so that it can be resolved, also after a restart. It stays the same as long
// as the alert lives, whatever else is found.
type activeAlert struct {
	Actor    finding.Actor  `json:"actor"`
	Tier     finding.Tier   `json:"tier"`
	Family   finding.Family `json:"family"`
	API      string         `json:"api,omitempty"`
	Owner    string         `json:"owner,omitempty"`
	Shape    finding.Shape  `json:"shape,omitempty"`
	Gateway  string         `json:"gateway,omitempty"`
	StartsAt time.Time      `json:"starts_at"`
	// Summary is what its end says, where the story is gone.
	Summary string `json:"summary,omitempty"`
}

// alertOf is the alert that a story begins with, named after its latest
// finding.
func alertOf(a *Actor, st *Story, last *finding.Finding, now time.Time) *activeAlert {
	alert := activeAlert{
		Actor: a.Actor, Tier: st.Tier, Family: last.Family, API: last.API, Owner: last.Owner, Gateway: last.Sighting.Gateway, StartsAt: now,
	}
	if last.Statistic != nil {
		alert.Shape = last.Statistic.Shape
	}
	switch a.Actor.Kind {
	case finding.Gateway:
		alert.Gateway = a.Actor.Value
	case finding.API:
		alert.API = cmp.Or(alert.API, a.Actor.Value)
	}
	return &alert
}

func (a *activeAlert) labels() map[string]string {
	labels := map[string]string{
		"alertname": ActorAlert, "actor_kind": string(a.Actor.Kind), "actor": a.Actor.Value,
		"tier": a.Tier.String(), "family": string(a.Family),
	}
	for name, value := range map[string]string{"api": a.API, "owner": a.Owner, "shape": string(a.Shape), "gateway": a.Gateway} {
		if value != "" {
			labels[name] = value
		}
	}
	return labels
}

// resolved is the alert's end. Receivers that show ends say what was the matter.
func (a *activeAlert) resolved(at time.Time) Alert {
	over := Alert{Labels: a.labels(), Annotations: map[string]string{}, StartsAt: a.StartsAt, EndsAt: at}
	if a.Summary != "" {
		over.Annotations["summary"] = a.Summary
	}
	return over
}

// Links are where alerts lead to. An empty one is left out.
type Links struct {
	Console   string // base URL of the console and API
	Dashboard string // URL of the Grafana dashboard; the actor is added as var-actor
}

// announce gives the alerts to be posted so that people know of an actor as
// it stands: for each story the alert of its tier, and the end of that of
// another tier.
func (l *Ledger) announce(a *Actor, links Links, now time.Time) []Alert {
	var alerts []Alert
	for i := range a.Stories {
		alerts = append(alerts, l.tell(a, &a.Stories[i], links, now)...)
	}
	return alerts
}

func (l *Ledger) tell(a *Actor, st *Story, links Links, now time.Time) []Alert {
	evidence := st.evidence(a)
	if st.Tier == 0 || len(evidence) == 0 {
		return st.silence(a.Actor, now)
	}
	var alerts []Alert
	if st.Alert != nil && st.Alert.Tier != st.Tier {
		alerts = st.silence(a.Actor, now)
	}
	if st.Alert == nil {
		st.Alert = alertOf(a, st, &evidence[len(evidence)-1], now)
	}
	return append([]Alert{l.alert(a, st, links, now)}, alerts...)
}

// silence gives the end of a story's alert, if there is one.
func (st *Story) silence(about finding.Actor, now time.Time) []Alert {
	if st.Alert == nil {
		return nil
	}
	st.Alert.Summary = summary(about, st)
	over := st.Alert.resolved(now)
	st.Alert = nil
	return []Alert{over}
}

// evidence gives what a story is about of the latest findings.
func (st *Story) evidence(a *Actor) []finding.Finding {
	if st.Family == "" {
		return a.Evidence
	}
	own := slices.DeleteFunc(slices.Clone(a.Evidence), func(f finding.Finding) bool { return f.Family != st.Family })
	if len(own) == 0 {
		return a.Evidence // what began it is so long ago
	}
	return own
}

func (l Links) actor(a finding.Actor) string {
	if l.Console == "" {
		return ""
	}
	return fmt.Sprintf("%s/api/v1/actors/%s/%s", strings.TrimRight(l.Console, "/"), a.Kind, url.PathEscape(a.Value))
}

func (l Links) dashboard(a finding.Actor) string {
	if l.Dashboard == "" {
		return ""
	}
	separator := "?"
	if strings.Contains(l.Dashboard, "?") {
		separator = "&"
	}
	return l.Dashboard + separator + "var-actor=" + url.QueryEscape(a.Value)
}

// quiet gives the ends of the alerts of stories of which nothing came for a
// while, or which are known to be over, and whose actor's block, if any, is over.
func (l *Ledger) quiet(after time.Duration, now time.Time) (over []Alert, changed []finding.Actor) {
	for key, a := range l.actors {
		if len(a.Stories) == 0 || l.blocked(a) {
			continue
		}
		n := len(a.Stories)
		a.Stories = slices.DeleteFunc(a.Stories, func(st Story) bool {
			if !st.over(after, now) {
				return false
			}
			over = append(over, st.silence(key, now)...)
			return true
		})
		if len(a.Stories) < n {
			a.sum()
			changed = append(changed, key)
		}
	}
	for i := range l.orphans {
		over = append(over, l.orphans[i].resolved(now))
	}
	l.orphans = nil
	return over, changed
}

// Rest ends the stories of which nothing came for a while, or which are known
// to be over, and gives the ends of their alerts. The service does it by
// itself; whoever plays logs of the past, when time passes.
func (l *Ledger) Rest(after time.Duration, now time.Time) []Alert {
	over, _ := l.quiet(after, now)
	return over
}

// active gives all alerts that are raised now.
func (l *Ledger) active(links Links, now time.Time) []Alert {
	var alerts []Alert
	for _, a := range l.actors {
		for i := range a.Stories {
			if st := &a.Stories[i]; st.Alert != nil && len(a.Evidence) > 0 {
				alerts = append(alerts, l.alert(a, st, links, now))
			}
		}
	}
	return alerts
}

// healthLabels are the identity of an alert about honeymoat itself.
func healthLabels(name string, tier finding.Tier) map[string]string {
	return map[string]string{"alertname": HealthAlert + name, "family": string(finding.Health), "tier": cmp.Or(tier, finding.Notify).String()}
}
