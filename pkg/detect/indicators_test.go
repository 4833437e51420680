package detect

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/indicator"
)

// indicators are two feeds: one that asks for blocks, and one that is surer.
func indicators(t testing.TB) *Indicators {
	t.Helper()
	list := func(feed string, of ...indicator.Indicator) *indicator.List {
		l, err := indicator.NewList(feed, of...)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	set, err := indicator.Merge(
		list("blocks",
			indicator.Indicator{Kind: indicator.Address, Value: "192.0.2.0/24", Confidence: 40},
			indicator.Indicator{Kind: indicator.Domain, Value: "evil.example", Confidence: 60},
			indicator.Indicator{Kind: indicator.URL, Value: "/shell.php", Confidence: 60}),
		list("surer", indicator.Indicator{Kind: indicator.Address, Value: client, Confidence: 90, Labels: []string{"scanner"}}),
	)
	if err != nil {
		t.Fatal(err)
	}
	return &Indicators{Set: set, Feeds: map[string]Listing{
		"blocks": {Tier: finding.Notify, Wanted: finding.Wanted{LifetimeSeconds: 3600}},
	}}
}

func TestListedClientIsAFindingOnceAnHour(t *testing.T) {
	d := New(Options{Indicators: indicators(t)})
	var r Result
	d.Detect(newBatch(row{client: client, path: "/a"}, row{client: client, path: "/b"}, row{client: "198.51.100.1"}), &r)
	if len(r.Findings) != 1 {
		t.Fatalf("found %+v", r.Findings)
	}
	f := r.Findings[0]
	want := finding.Wanted{LifetimeSeconds: 3600} // of the other feed that lists the client
	if f.Rule != "intel.surer" || f.Family != finding.Intel || f.Tier != finding.Notify || f.Wanted != want || f.Score != 0.9 ||
		!strings.Contains(f.Reason, "2 feeds") || !strings.Contains(f.Reason, "scanner") {
		t.Errorf("found %+v", f)
	}
	first := f.ID
	d.Detect(newBatch(row{client: client, path: "/c", at: time.Minute}), &r)
	if len(r.Findings) != 0 {
		t.Errorf("told again within the hour: %+v", r.Findings)
	}
	d.Detect(newBatch(row{client: client, path: "/c", at: time.Hour}), &r)
	if len(r.Findings) != 1 || r.Findings[0].ID == first {
		t.Errorf("an hour later: %+v", r.Findings)
	}
}

func TestWhatIndicatorsAreLookedUpIn(t *testing.T) {
	f := func(want string, direction event.Direction, r row) {
		t.Helper()
		b := newBatch(r)
		b.Direction = direction
		var out Result
		New(Options{Indicators: indicators(t)}).Detect(b, &out)
		got := ""
		if len(out.Findings) > 0 {
			got = out.Findings[0].Rule
		}
		if got != want {
			t.Errorf("%+v: found %q, want %q", r, got, want)
		}
	}
	f("intel.blocks", event.Ingress, row{client: "192.0.2.200", path: "/"})
	f("intel.blocks", event.Ingress, row{client: "198.51.100.1", path: "/shell.php"})
	f("", event.Ingress, row{client: "198.51.100.1", host: "evil.example", path: "/"}) // whoever says he asks us for it
	f("intel.blocks", event.Egress, row{client: "198.51.100.1", host: "evil.example", path: "/"})
	f("", event.Egress, row{client: client, host: "example.com", path: "/"})
	f("", event.Ingress, row{path: "/shell.php"})
}

func TestStrongerBlock(t *testing.T) {
	none, shadow, short, long := finding.Wanted{}, finding.Wanted{LifetimeSeconds: 9, Shadow: true}, finding.Wanted{LifetimeSeconds: 1}, finding.Wanted{LifetimeSeconds: 2}
	order := []finding.Wanted{none, shadow, short, long}
	for i := range order {
		for j := range order {
			if got := stronger(order[i], order[j]); got != (i > j) {
				t.Errorf("%s: %v", fmt.Sprint(order[i], order[j]), got)
			}
		}
	}
}
