package watch

import (
	"github.com/honeymoat/honeymoat/pkg/baseline/series"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Anomaly is what is told of an incident: that it began, how it goes on, or
// that it is over.
type Anomaly struct {
	ID      string     // of the incident: the same while it lasts
	Key     series.Key // the most specific place that explains it
	Measure series.Measure
	Family  finding.Family
	// Statistic says what was expected and seen. Expected, Seen and the bounds
	// are of one look: a minute, an hour, a day's quarter, the silence so far.
	Statistic finding.Statistic
	// Also are the other measures that are off at the same place.
	Also []series.Measure
	// Actors are those who carry at least half of the change by themselves:
	// a principal, else an address.
	Actors   []finding.Actor
	Score    float64      // 0..1, high is worse
	Severity finding.Tier // what it suggests: Log, or Notify when it lasts or is large
	Time     int64        // of the minute that this is about, its end; Unix nanoseconds
	First    bool         // the first that is told of the incident
	Over     bool         // the last; Statistic.Until says since when
	// Early tells that nothing was learnt yet, and this was seen anyway.
	Early    bool
	Sighting finding.Sighting // of Single and First: the record
	Weight   float64          // requests that a share or mean was made of; 0 = does not apply
	Step     int64            // how long a look lasts, nanoseconds
}
