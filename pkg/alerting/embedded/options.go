package embedded

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// Options of an Alertmanager. The zero value of every field but DataDir stands
// for the default named at the field.
type Options struct {
	// ConfigFile is an alertmanager.yml; relative paths in it start from its
	// directory. Without one nobody is notified.
	ConfigFile string
	// DataDir keeps silences and the notification log. It is made if missing
	// and belongs to this Alertmanager alone.
	DataDir string
	// ExternalURL is what templates link to: http://localhost/alertmanager.
	ExternalURL string
	// Retention is how long ended silences and sent notifications are
	// remembered: 5 days. More than the longest repeat_interval.
	Retention time.Duration
	// Snapshot is the interval at which both are written to DataDir: 1 min.
	Snapshot time.Duration
	// StartDelay holds the first notifications back after a start, so that
	// all active alerts are posted again before any is told, or inhibited: 5 s.
	StartDelay time.Duration
	// MaxGroups bounds the groups of alerts, at about 50 kB each: 2,000.
	MaxGroups int
	// MaxAlertsPerName bounds the alerts of one alertname: 50,000.
	MaxAlertsPerName int
	// MaxSilences bounds the silences: 10,000.
	MaxSilences int
}

// maxSilenceBytes bounds one silence.
const maxSilenceBytes = 64 << 10

func (o Options) withDefaults() Options {
	o.ExternalURL = cmp.Or(o.ExternalURL, "http://localhost/alertmanager")
	o.Retention = cmp.Or(o.Retention, 5*24*time.Hour)
	o.Snapshot = cmp.Or(o.Snapshot, time.Minute)
	o.StartDelay = cmp.Or(o.StartDelay, 5*time.Second)
	o.MaxGroups = cmp.Or(o.MaxGroups, 2_000)
	o.MaxAlertsPerName = cmp.Or(o.MaxAlertsPerName, 50_000)
	o.MaxSilences = cmp.Or(o.MaxSilences, 10_000)
	return o
}

func (o Options) validate() (*url.URL, error) {
	if o.DataDir == "" {
		return nil, errors.New("no data directory for silences and the notification log")
	}
	if o.Retention < 0 || o.Snapshot < 0 || o.StartDelay < 0 {
		return nil, fmt.Errorf("retention %v, snapshot %v and start_delay %v must be positive", o.Retention, o.Snapshot, o.StartDelay)
	}
	if o.MaxGroups < 0 || o.MaxAlertsPerName < 0 || o.MaxSilences < 0 {
		return nil, fmt.Errorf("max_groups %d, max_alerts_per_name %d and max_silences %d must be positive", o.MaxGroups, o.MaxAlertsPerName, o.MaxSilences)
	}
	u, err := url.Parse(o.ExternalURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("external URL %q: write it as https://host/alertmanager", o.ExternalURL)
	}
	return u, nil
}

// groupLimit is [dispatch.Limits].
type groupLimit int

func (l groupLimit) MaxNumberOfAggregationGroups() int { return int(l) }
