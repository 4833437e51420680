package replay

import (
	"fmt"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

func TestAnomaliesStandAsTheyWereToldLast(t *testing.T) {
	day := time.Unix(1_700_000_000, 0).UTC()
	odd := func(id string, since time.Time, seen float64) *finding.Finding {
		return &finding.Finding{ID: id, Time: since.Add(time.Minute), Rule: "baseline.volume", Statistic: &finding.Statistic{Since: since, Seen: seen}}
	}
	var a anomalies
	a.add(&finding.Finding{ID: "a rule's"})
	a.add(odd("late", day.Add(time.Hour), 1))
	a.add(odd("early", day, 2))
	a.add(odd("late", day.Add(time.Hour), 3))
	got := a.sorted()
	if len(got) != 2 || got[0].Seen != 2 || got[1].Seen != 3 {
		t.Errorf("%+v", got)
	}
	for n := range maxAnomalies {
		a.add(odd(fmt.Sprint(n), day, 4))
	}
	if got := a.sorted(); len(got) != maxAnomalies {
		t.Errorf("%d are remembered, want %d", len(got), maxAnomalies)
	}
	if got := new(anomalies).sorted(); got == nil || len(got) != 0 {
		t.Errorf("nothing odd came as %#v", got)
	}
}
