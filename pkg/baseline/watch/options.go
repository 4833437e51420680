package watch

import (
	"time"

	"github.com/honeymoat/honeymoat/pkg/baseline/series"
)

const (
	minute     = int64(time.Minute)
	hour       = int64(time.Hour)
	day        = 24 * hour
	quarterDay = 6 * hour
)

// Options say how much is followed and told. What is zero has the default.
type Options struct {
	Series series.Options
	// AlertsPerDay is how many incidents a day about nothing are borne, over all
	// series together: 3.
	AlertsPerDay float64
	// MinLearning is for how much event time nothing is scored of a series: 24
	// hours, and seven times that by the hour.
	MinLearning time.Duration
	// Location is whose days are kept; nil = UTC.
	Location *time.Location
	// MaxModels bounds the models of places: 100,000, which take 400 MB at
	// most. Places that come when all are taken have none, and are counted.
	MaxModels int
	// MaxIncidents bounds those that are open at the same time: 256.
	MaxIncidents int
}

func (o Options) complete() Options {
	if o.AlertsPerDay <= 0 {
		o.AlertsPerDay = 3
	}
	if o.MinLearning <= 0 {
		o.MinLearning = 24 * time.Hour
	}
	if o.Location == nil {
		o.Location = time.UTC
	}
	if o.MaxModels <= 0 {
		o.MaxModels = 100_000
	}
	if o.MaxIncidents <= 0 {
		o.MaxIncidents = 256
	}
	return o
}
