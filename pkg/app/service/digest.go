package service

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// The digest is one alert that holds as long as anything was found in the last
// day, and tells of all of it. When it is read, and on which days, is
// Alertmanager's to say. The alerts that it sums up cannot do this by
// themselves: Alertmanager forgets what was resolved while nobody was to be
// told, which is most of a night.
const (
	digestAlert  = "HoneymoatDigest"
	digestFamily = "digest"
	digestOf     = 24 * time.Hour
	digestNamed  = 20 // actors that it names
	digestReason = 160
)

// digester keeps the digest up to date.
type digester struct {
	teller *teller
	last   func(since time.Time, named int) respond.Digest
	alert  *respond.Alert // as it was posted; nil = there is none
}

func (d *digester) tell(ctx context.Context, now time.Time) error {
	sum := d.last(now.Add(-digestOf), digestNamed)
	alert, news := d.next(&sum, now)
	if !news {
		return nil
	}
	if err := d.teller.post(ctx, []respond.Alert{alert}); err != nil {
		return fmt.Errorf("tell the digest: %w", err)
	}
	return nil
}

// next gives the digest as it is to be posted, unless that was done.
func (d *digester) next(sum *respond.Digest, now time.Time) (respond.Alert, bool) {
	if sum.Actors == 0 {
		if d.alert == nil {
			return respond.Alert{}, false
		}
		over := *d.alert
		over.EndsAt, d.alert = now, nil
		return over, true
	}
	a := respond.Alert{
		Labels:   map[string]string{"alertname": digestAlert, "family": digestFamily, "tier": finding.Log.String()},
		StartsAt: now, URL: d.teller.url,
		Annotations: map[string]string{
			"summary":     fmt.Sprintf("the last day: %s, %d of them blocked", actors(sum.Actors), sum.Blocked),
			"description": byFamily(sum.Families),
			"evidence":    named(sum),
		},
	}
	if d.alert != nil {
		a.StartsAt = d.alert.StartsAt
		if d.alert.Annotations["evidence"] == a.Annotations["evidence"] && d.alert.Annotations["summary"] == a.Annotations["summary"] {
			return *d.alert, false
		}
	}
	d.alert = &a
	return a, true
}

func actors(n int) string {
	if n == 1 {
		return "1 actor"
	}
	return fmt.Sprintf("%d actors", n)
}

func byFamily(families []respond.FamilyCount) string {
	parts := make([]string, len(families))
	for i, f := range families {
		parts[i] = fmt.Sprintf("%s: %s", f.Family, actors(f.Actors))
	}
	return strings.Join(parts, ", ")
}

// named has a line for each of the busiest.
func named(sum *respond.Digest) string {
	var b strings.Builder
	for i := range sum.Busiest {
		a := &sum.Busiest[i]
		last := &a.Evidence[len(a.Evidence)-1]
		fmt.Fprintf(&b, "%s %s: %d findings; last: %s\n", a.Actor.Kind, finding.Clip(a.Actor.Value, digestReason), a.Findings,
			finding.Clip(last.Title+", "+last.Reason, digestReason))
	}
	if left := sum.Actors - len(sum.Busiest); left > 0 {
		fmt.Fprintf(&b, "and %s more\n", actors(left))
	}
	return b.String()
}
