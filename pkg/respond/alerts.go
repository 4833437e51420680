package respond

import (
	"cmp"
	"fmt"
	"net/url"
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

// activeAlert is the identity of an alert that has been raised about an
// actor, so that it can be resolved, also after a restart.
type activeAlert struct {
	Actor    finding.Actor  `json:"actor"`
	Tier     finding.Tier   `json:"tier"`
	Family   finding.Family `json:"family"`
	API      string         `json:"api,omitempty"`
	StartsAt time.Time      `json:"starts_at"`
}

func (a *activeAlert) labels() map[string]string {
	labels := map[string]string{
		"alertname": ActorAlert, "actor_kind": string(a.Actor.Kind), "actor": a.Actor.Value,
		"tier": a.Tier.String(), "family": string(a.Family),
	}
	if a.API != "" {
		labels["api"] = a.API
	}
	return labels
}

// resolved is the alert's end.
func (a *activeAlert) resolved(at time.Time) Alert {
	return Alert{Labels: a.labels(), Annotations: map[string]string{}, StartsAt: a.StartsAt, EndsAt: at}
}

// Links are where alerts lead to. An empty one is left out.
type Links struct {
	Console   string // base URL of the console and API
	Dashboard string // URL of the Grafana dashboard; the actor is added as var-actor
}

// announce gives the alerts to be posted so that people know of an actor as
// it stands: the alert of its tier, and the end of that of another tier.
func (l *Ledger) announce(a *Actor, links Links, now time.Time) []Alert {
	if a.Tier == 0 || len(a.Evidence) == 0 {
		return l.silence(a, now)
	}
	var alerts []Alert
	last := a.Evidence[len(a.Evidence)-1]
	if a.Alert != nil && a.Alert.Tier != a.Tier {
		alerts = l.silence(a, now)
	}
	if a.Alert == nil {
		a.Alert = &activeAlert{Actor: a.Actor, Tier: a.Tier, Family: last.Family, API: last.API, StartsAt: now}
	}
	return append([]Alert{l.alert(a, links)}, alerts...)
}

// silence gives the end of an actor's alert, if there is one.
func (l *Ledger) silence(a *Actor, now time.Time) []Alert {
	if a.Alert == nil {
		return nil
	}
	over := a.Alert.resolved(now)
	a.Alert = nil
	return []Alert{over}
}

func (l *Ledger) alert(a *Actor, links Links) Alert {
	alert := Alert{Labels: a.Alert.labels(), StartsAt: a.Alert.StartsAt, URL: links.actor(a.Actor)}
	alert.Annotations = map[string]string{
		"summary":     fmt.Sprintf("%s: %s", a.Actor.Value, strings.Join(a.Reasons, "; ")),
		"description": l.describe(a),
		"evidence":    evidenceText(a.Evidence),
	}
	for name, value := range map[string]string{
		"block": l.blockText(a), "actor_url": links.actor(a.Actor), "dashboard_url": links.dashboard(a.Actor),
	} {
		if value != "" {
			alert.Annotations[name] = value
		}
	}
	return alert
}

func (l *Ledger) describe(a *Actor) string {
	return fmt.Sprintf("%d findings from %s to %s. Last: %s", a.Findings,
		a.FirstSeen.UTC().Format(time.RFC3339), a.LastSeen.UTC().Format(time.RFC3339), a.Evidence[len(a.Evidence)-1].Reason)
}

func (l *Ledger) blockText(a *Actor) string {
	for _, id := range a.Blocks {
		if h := l.blocks.byID[id]; h != nil {
			return fmt.Sprintf("%s %s in %s until %s (%s)", h.Block.Mode, h.Block.Target, h.Block.Segment,
				h.Block.ExpiresAt().UTC().Format(time.RFC3339), h.Block.ID)
		}
	}
	return ""
}

func evidenceText(evidence []finding.Finding) string {
	ids := make([]string, 0, len(evidence))
	for i := range evidence {
		ids = append(ids, evidence[i].ID)
	}
	return strings.Join(ids, " ")
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

// quiet gives the ends of the alerts about actors from whom nothing came for
// a while and whose block, if any, is over.
func (l *Ledger) quiet(after time.Duration, now time.Time) (over []Alert, changed []finding.Actor) {
	for key, a := range l.actors {
		if a.Tier == 0 && a.Alert == nil || now.Sub(a.Touched) < after || l.blocked(a) {
			continue
		}
		over = append(over, l.silence(a, now)...)
		a.endEpisode()
		changed = append(changed, key)
	}
	for i := range l.orphans {
		over = append(over, l.orphans[i].resolved(now))
	}
	l.orphans = nil
	return over, changed
}

// active gives all alerts that are raised now.
func (l *Ledger) active(links Links) []Alert {
	var alerts []Alert
	for _, a := range l.actors {
		if a.Alert != nil && len(a.Evidence) > 0 {
			alerts = append(alerts, l.alert(a, links))
		}
	}
	return alerts
}

// healthLabels are the identity of an alert about honeymoat itself.
func healthLabels(name string, tier finding.Tier) map[string]string {
	return map[string]string{"alertname": HealthAlert + name, "family": string(finding.Health), "tier": cmp.Or(tier, finding.Notify).String()}
}
