package rollout

import "time"

// Options configure a Book. What is zero has the default.
type Options struct {
	Limits Limits
	// MaxLogic bounds how many versions are remembered; 0 means 4,096.
	MaxLogic int
}

// Limits are what has to hold before a version goes on to the next stage.
type Limits struct {
	// Time is how long a version stays in a stage with nothing wrong, by Stage;
	// that of Enforce is not used. 0 means 24 h in shadow and in the wider
	// canary, 12 h in the others.
	Time [Enforce]time.Duration
	// What has to be known of each stage: less is no ground for anything.
	Findings int // matches that asked for a block; 0 means 10
	Actors   int // different actors that they were about; 0 means 3
	Requests int // requests that the blocks hit or would have hit; 0 means 20

	// SuccessfulShare is how many of the requests that would have been refused
	// the application may have answered with success; 0 means 0.25.
	SuccessfulShare float64
	// Successful is how many of them in all, in one stage; 0 means 5,000.
	Successful int
	// HitShare is how many of all requests at the gateways may be hit; 0 means 0.2.
	HitShare float64
	// DiscardShare is how many of the findings analysts may discard; 0 means 0.1.
	DiscardShare float64
	// Complaints is how many hold a version; more roll it back. 0 means 2.
	Complaints int
	// ErrorRate is by how much the share of answers 5xx of a gateway may grow
	// after a promotion; 0 means 0.02.
	ErrorRate float64
	// Latency is how many times a gateway's 95th percentile may be what it was
	// before a promotion; 0 means 1.5.
	Latency float64
	// GatewayRequests is how many requests a gateway needs before and after a
	// promotion to be judged; 0 means 1,000.
	GatewayRequests int
}

// Default are the limits in place of zeros.
func Default() Limits {
	const halfDay = 12 * time.Hour
	return Limits{
		Time:     [Enforce]time.Duration{Shadow: 2 * halfDay, Flag: halfDay, Canary5: halfDay, Canary25: 2 * halfDay},
		Findings: 10, Actors: 3, Requests: 20,
		SuccessfulShare: 0.25, Successful: 5000, HitShare: 0.2, DiscardShare: 0.1, Complaints: 2,
		ErrorRate: 0.02, Latency: 1.5, GatewayRequests: 1000,
	}
}

const defaultMaxLogic = 4096

func (o Options) withDefaults() Options {
	l, d := &o.Limits, Default()
	for i := range l.Time {
		setDefault(&l.Time[i], d.Time[i])
	}
	setDefault(&l.Findings, d.Findings)
	setDefault(&l.Actors, d.Actors)
	setDefault(&l.Requests, d.Requests)
	setDefault(&l.SuccessfulShare, d.SuccessfulShare)
	setDefault(&l.Successful, d.Successful)
	setDefault(&l.HitShare, d.HitShare)
	setDefault(&l.DiscardShare, d.DiscardShare)
	setDefault(&l.Complaints, d.Complaints)
	setDefault(&l.ErrorRate, d.ErrorRate)
	setDefault(&l.Latency, d.Latency)
	setDefault(&l.GatewayRequests, d.GatewayRequests)
	setDefault(&o.MaxLogic, defaultMaxLogic)
	return o
}

func setDefault[T comparable](v *T, to T) {
	var zero T
	if *v == zero {
		*v = to
	}
}
