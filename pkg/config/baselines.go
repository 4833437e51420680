package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/behaviour"
	"github.com/honeymoat/honeymoat/pkg/behaviour/slow"
	"github.com/honeymoat/honeymoat/pkg/mistake"
)

// Baselines are what is normal of traffic, and how often to be told of what is
// not.
type Baselines struct {
	Enabled      bool          `yaml:"enabled" doc:"Learn what is normal of routes, APIs, gateways, logs, networks and principals, and tell of what is not."`
	AlertsPerDay float64       `yaml:"alerts_per_day" doc:"How many alerts a day about nothing the operator bears. All series together keep to it, however many there are."`
	Learn        time.Duration `yaml:"learn" doc:"For how long nothing is told of a series at least. Day and week are learnt in days and weeks; until then bounds are wide."`
	MaxSeries    int           `yaml:"max_series" doc:"Series that are followed at the same time; those used least make room. 100,000 take less than 1 GB."`
	TimeZone     string        `yaml:"time_zone" doc:"Zone in which days and weeks are counted, such as Europe/Berlin. Empty: UTC."`
}

// Behaviour is how actors go about what they do.
type Behaviour struct {
	Enabled   bool          `yaml:"enabled" doc:"Look for enumeration, stuffing, tokens in several hands, scraping, exfiltration and programs that pass for people."`
	Disable   []string      `yaml:"disable" doc:"Detectors that are left out, such as beacon; honeymoat baseline detectors lists them."`
	MaxActors int           `yaml:"max_actors" doc:"Actors that are told apart at the same time."`
	Every     time.Duration `yaml:"every" doc:"How often the store is asked for what is slow, over days. 0: never."`
	Days      int           `yaml:"days" doc:"How many days back it is asked for."`
}

func defaultBaselines() Baselines {
	return Baselines{Enabled: true, AlertsPerDay: 3, Learn: 24 * time.Hour, MaxSeries: 100_000}
}

func defaultBehaviour() Behaviour {
	return Behaviour{Enabled: true, MaxActors: 100_000, Every: time.Hour, Days: 7}
}

// Location is the zone of TimeZone.
func (b Baselines) Location() (*time.Location, error) {
	if b.TimeZone == "" {
		return time.UTC, nil
	}
	zone, err := time.LoadLocation(b.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("baselines.time_zone: %w", err)
	}
	return zone, nil
}

func (c *checker) baselines(b Baselines) {
	if b.AlertsPerDay <= 0 {
		c.add("$.baselines.alerts_per_day", "no alerts at all", "set baselines.enabled to false, or allow one a month: 0.03")
	}
	c.lasts("$.baselines.learn", b.Learn, time.Hour)
	c.atLeast("$.baselines.max_series", int64(b.MaxSeries), 100)
	if _, err := b.Location(); err != nil {
		c.add("$.baselines.time_zone", fmt.Sprintf("%q is no time zone", b.TimeZone), "want a name such as Europe/Berlin or UTC")
	}
}

func (c *checker) behaviour(b Behaviour) {
	c.atLeast("$.behaviour.max_actors", int64(b.MaxActors), 100)
	c.atLeast("$.behaviour.days", int64(b.Days), 1)
	if b.Every != 0 {
		c.lasts("$.behaviour.every", b.Every, time.Minute)
	}
	c.detectors("$.behaviour.disable", b.Disable)
}

// detectors tells of names that no detector has: what is meant to be off would
// be on.
func (c *checker) detectors(path string, names []string) {
	var known []string
	for _, d := range slices.Concat(behaviour.Detectors(), slow.Detectors()) {
		known = append(known, d.ID)
	}
	for i, name := range names {
		if slices.Contains(known, name) {
			continue
		}
		hint := "`honeymoat baseline detectors` lists them"
		if meant := mistake.Nearest(strings.TrimPrefix(name, "behaviour."), known); meant != "" {
			hint = fmt.Sprintf("did you mean %q?", meant)
		}
		c.add(fmt.Sprintf("%s[%d]", path, i), fmt.Sprintf("there is no detector %q", name), hint)
	}
}
