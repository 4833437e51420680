package embedded

import (
	"slices"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/alerting/alertingtest"
	"github.com/prometheus/alertmanager/config"
	"github.com/prometheus/alertmanager/dispatch"
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
	f(model.LabelSet{"alertname": "DecoyTouched", "tier": "log", "family": "decoy"}, "digest")
	f(model.LabelSet{"alertname": "DecoyTouched", "tier": "notify", "family": "decoy"}, "analysts")
	f(model.LabelSet{"alertname": "HoneytokenUsed", "tier": "page", "family": "decoy"}, "pager")
	f(model.LabelSet{"alertname": "BusFull", "tier": "notify", "family": "health"}, "operators")
	f(model.LabelSet{"alertname": "BusFull", "tier": "log", "family": "health"}, "operators")
	f(model.LabelSet{"alertname": "StoreDown", "tier": "page", "family": "health"}, "pager")
	f(model.LabelSet{"alertname": "SomebodyElses"}, "digest")
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
