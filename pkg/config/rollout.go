package config

import (
	"time"

	"github.com/honeymoat/honeymoat/pkg/rollout"
)

// Rollout is what has to hold before a rule's version goes on from shadow over
// flagging and canaries to enforcement.
type Rollout struct {
	Shadow   time.Duration `yaml:"shadow" doc:"Time in shadow with nothing wrong."`
	Flag     time.Duration `yaml:"flag" doc:"Time of flagging requests, likewise."`
	Canary5  time.Duration `yaml:"canary_5" doc:"Time in which blocks are enforced for 5 % of the clients."`
	Canary25 time.Duration `yaml:"canary_25" doc:"Time in which they are for 25 %."`

	Findings int `yaml:"findings" doc:"Matches that are needed in each of these stages."`
	Actors   int `yaml:"actors" doc:"Different actors that they have to be about."`
	Requests int `yaml:"requests" doc:"Requests that the blocks have to have hit, or would have."`

	SuccessfulPercent int `yaml:"successful_percent" doc:"Percent of the requests that would have been refused that may have been answered with success (2xx, 3xx). Over a limit a version is held, over twice the limit it is rolled back to shadow."`
	Successful        int `yaml:"successful" doc:"How many of them in one stage."`
	HitPercent        int `yaml:"hit_percent" doc:"Percent of all requests at the gateways that may be hit. Over it a version is held."`
	DiscardPercent    int `yaml:"discard_percent" doc:"Percent of the findings that analysts may discard."`
	Complaints        int `yaml:"complaints" doc:"Complaints that hold a version; one more rolls it back."`
	ErrorPercent      int `yaml:"error_percent" doc:"Percent of a gateway's requests by which answers 5xx may grow within a day after a step."`
	LatencyPercent    int `yaml:"latency_percent" doc:"Percent of what it was before that a gateway's 95th percentile may be, likewise."`
	GatewayRequests   int `yaml:"gateway_requests" doc:"Requests that a gateway needs before and after a step to be judged."`
}

// Traffic bounds what is counted of the last day.
type Traffic struct {
	MaxClients    int `yaml:"max_clients" doc:"Clients (addresses, and /64s of IPv6) whose requests of the last day are counted: what a block of them would cost. 200,000 take 14 MB on an ordinary day, and 50 MB at most."`
	MaxPrincipals int `yaml:"max_principals" doc:"The same for users, keys, applications, sessions, fingerprints and user agents."`
}

func defaultTraffic() Traffic { return Traffic{MaxClients: 200_000, MaxPrincipals: 200_000} }

func defaultRollout() Rollout {
	l := rollout.Default()
	return Rollout{
		Shadow: l.Time[rollout.Shadow], Flag: l.Time[rollout.Flag], Canary5: l.Time[rollout.Canary5], Canary25: l.Time[rollout.Canary25],
		Findings: l.Findings, Actors: l.Actors, Requests: l.Requests,
		SuccessfulPercent: percent(l.SuccessfulShare), Successful: l.Successful, HitPercent: percent(l.HitShare),
		DiscardPercent: percent(l.DiscardShare), Complaints: l.Complaints, ErrorPercent: percent(l.ErrorRate),
		LatencyPercent: percent(l.Latency), GatewayRequests: l.GatewayRequests,
	}
}

func percent(share float64) int { return int(share*100 + 0.5) }

// Limits are these as a book of rollouts takes them.
func (r Rollout) Limits() rollout.Limits {
	share := func(percent int) float64 { return float64(percent) / 100 }
	return rollout.Limits{
		Time:     [rollout.Enforce]time.Duration{r.Shadow, r.Flag, r.Canary5, r.Canary25},
		Findings: r.Findings, Actors: r.Actors, Requests: r.Requests,
		SuccessfulShare: share(r.SuccessfulPercent), Successful: r.Successful, HitShare: share(r.HitPercent),
		DiscardShare: share(r.DiscardPercent), Complaints: r.Complaints, ErrorRate: share(r.ErrorPercent),
		Latency: share(r.LatencyPercent), GatewayRequests: r.GatewayRequests,
	}
}

func (c *checker) rollout(r Rollout) {
	for _, stage := range []struct {
		key  string
		time time.Duration
	}{{"shadow", r.Shadow}, {"flag", r.Flag}, {"canary_5", r.Canary5}, {"canary_25", r.Canary25}} {
		c.lasts("$.rollout."+stage.key, stage.time, time.Second)
	}
	for _, limit := range []struct {
		key   string
		value int
	}{
		{"findings", r.Findings}, {"actors", r.Actors}, {"requests", r.Requests}, {"successful_percent", r.SuccessfulPercent},
		{"successful", r.Successful}, {"hit_percent", r.HitPercent}, {"discard_percent", r.DiscardPercent},
		{"complaints", r.Complaints}, {"error_percent", r.ErrorPercent}, {"gateway_requests", r.GatewayRequests},
	} {
		c.atLeast("$.rollout."+limit.key, int64(limit.value), 1)
	}
	c.atLeast("$.rollout.latency_percent", int64(r.LatencyPercent), 101)
}

func (c *checker) traffic(t Traffic) {
	c.atLeast("$.traffic.max_clients", int64(t.MaxClients), 1000)
	c.atLeast("$.traffic.max_principals", int64(t.MaxPrincipals), 1000)
}
