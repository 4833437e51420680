package store

import (
	"reflect"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

func TestRuleHits(t *testing.T) {
	s, _ := migrated(t)
	again := findingRow("f1", today, row{"repeats": 2})
	recorded(t, s,
		record(t, "findings", again), record(t, "findings", again), // delivered twice
		record(t, "findings",
			findingRow("f2", today.Add(time.Minute), row{"actor": "198.51.100.8"}),
			findingRow("f3", today.Add(time.Hour), row{"rule": "other"}),
			findingRow("f4", today.Add(-time.Hour), row{"rule": "old"}),
			findingRow("f5", today, row{"rule": "ours", "discarded": true})),
	)
	got, err := s.RuleHits(t.Context(), wire.Period{Since: today, Until: today.Add(2 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	at := func(d time.Duration) *time.Time { last := today.Add(d); return &last }
	want := map[string]wire.RuleHits{
		"decoy.env-file": {Findings: 2, Sightings: 4, Actors: 2, LastSeen: at(time.Minute)},
		"other":          {Findings: 1, Sightings: 1, Actors: 1, LastSeen: at(time.Hour)},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
