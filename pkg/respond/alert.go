package respond

import (
	"context"
	"time"
)

// Alert is one alert as Alertmanager knows it: the labels are its identity.
type Alert struct {
	Labels      map[string]string // alertname, actor_kind, actor, tier, family, api
	Annotations map[string]string // summary, description, evidence, block, approval, action, actor_url, dashboard_url
	StartsAt    time.Time
	EndsAt      time.Time // zero while it is active
	URL         string    // where a person looks further
}

// Alerter tells people, through Alertmanager.
type Alerter interface {
	// Post sends alerts, all in one call: an escalation posts the new tier
	// and resolves the old one together. An alert without EndsAt is kept and
	// sent again until it is posted with one. Post returns once the alerts
	// are in the alerter's keeping; delivery goes on behind it and is retried
	// while Alertmanager is away. It fails only when ctx ends or the alerter
	// has stopped.
	Post(ctx context.Context, alerts []Alert) error
}
