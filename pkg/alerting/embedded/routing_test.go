package embedded

import (
	"slices"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/alerting/alertingtest"
	"github.com/prometheus/alertmanager/config"
	"github.com/prometheus/alertmanager/dispatch"
	"github.com/prometheus/alertmanager/timeinterval"
	"github.com/prometheus/common/model"
)

func TestExampleRoutes(t *testing.T) {
	conf, err := config.LoadFile(alertingtest.ExamplePath(t))
	if err != nil {
		t.Fatalf("load the example: %v", err)
	}
	routes := dispatch.NewRoute(conf.Route, nil)
	f := func(labels model.LabelSet, want ...string) {
		t.Helper()
		var got []string
		for _, r := range routes.Match(labels) {
			got = append(got, r.RouteOpts.Receiver)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v goes to %v, want %v", labels, got, want)
		}
	}
	f(model.LabelSet{"alertname": "HoneymoatActor", "tier": "log", "family": "decoy", "actor": "203.0.113.1"}, "digest")
	f(model.LabelSet{"alertname": "HoneymoatDigest", "tier": "log", "family": "digest"}, "digest")
	f(model.LabelSet{"alertname": "HoneymoatActor", "tier": "notify", "family": "decoy"}, "analysts")
	f(model.LabelSet{"alertname": "HoneymoatActor", "tier": "page", "family": "decoy"}, "pager")

	// A team hears of what concerns it besides, and of first doubts in no other
	// way than everybody.
	f(model.LabelSet{"alertname": "HoneymoatActor", "tier": "notify", "family": "errors", "owner": "payments"}, "team", "analysts")
	f(model.LabelSet{"alertname": "HoneymoatActor", "tier": "page", "family": "exfiltration", "owner": "payments"}, "team", "pager")
	f(model.LabelSet{"alertname": "HoneymoatActor", "tier": "log", "family": "errors", "owner": "payments"}, "digest")
	f(model.LabelSet{"alertname": "HoneymoatActor", "tier": "notify", "family": "errors", "owner": ""}, "analysts")

	// honeymoat itself is for those who run it.
	f(model.LabelSet{"alertname": "HoneymoatIngestBlocked", "tier": "notify", "family": "health"}, "operators")
	f(model.LabelSet{"alertname": "HoneymoatAgentSilent", "tier": "notify", "family": "health", "gateway": "edge"}, "operators")
	f(model.LabelSet{"alertname": "HoneymoatGone", "tier": "page", "family": "health"}, "pager")
	f(model.LabelSet{"alertname": "HoneymoatBaselinesLearning", "tier": "log", "family": "health"}, "digest")

	f(model.LabelSet{"alertname": "SomebodyElses"}, "digest")
}

// The digest comes once a day: its groups are looked at once in each window,
// give or take a second, and what was told is not repeated before the next.
func TestExampleDigestIsDaily(t *testing.T) {
	conf, err := config.LoadFile(alertingtest.ExamplePath(t))
	if err != nil {
		t.Fatalf("load the example: %v", err)
	}
	r := dispatch.NewRoute(conf.Route, nil).Match(model.LabelSet{"tier": "log", "family": "decoy"})[0].RouteOpts
	if !slices.Equal(r.ActiveTimeIntervals, []string{"morning"}) {
		t.Fatalf("the digest is sent during %v", r.ActiveTimeIntervals)
	}
	muter := timeinterval.NewIntervener(intervals(conf))
	open := 0
	for minute := range 24 * 60 {
		at := time.Date(2026, 3, 1, 0, minute, 30, 0, time.UTC)
		in, _, err := muter.Mutes(r.ActiveTimeIntervals, at)
		if err != nil {
			t.Fatal(err)
		}
		if in {
			open++
		}
		if in && (at.Hour() < 7 || at.Hour() > 19) {
			t.Errorf("the digest is sent at %v", at)
		}
	}
	window := time.Duration(open) * time.Minute
	if r.GroupInterval >= window || r.GroupInterval*2 <= window || r.RepeatInterval <= window || r.RepeatInterval >= 24*time.Hour-r.GroupInterval {
		t.Errorf("a window of %v, looked at every %v and repeated after %v: not once a day", window, r.GroupInterval, r.RepeatInterval)
	}
}

func TestExampleNeverGroupsByActor(t *testing.T) {
	conf, err := config.LoadFile(alertingtest.ExamplePath(t))
	if err != nil {
		t.Fatalf("load the example: %v", err)
	}
	dispatch.NewRoute(conf.Route, nil).Walk(func(r *dispatch.Route) {
		_, byActor := r.RouteOpts.GroupBy["actor"]
		if byActor || r.RouteOpts.GroupByAll {
			t.Errorf("route %s groups by actor", r.Key())
		}
		if len(r.RouteOpts.GroupBy) == 0 {
			t.Errorf("route %s does not group", r.Key())
		}
	})
}
