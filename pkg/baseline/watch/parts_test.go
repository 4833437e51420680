package watch

import (
	"testing"

	"github.com/honeymoat/honeymoat/pkg/baseline/series"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Whoever happens to have sent the first few requests that fail has not made
// them fail.
func TestAFewRequestsAreNobodysFault(t *testing.T) {
	parts := []finding.Part{{Kind: string(series.ByAddress), Value: "192.0.2.7", Share: 0.6}}
	f := func(errors uint32, want int) {
		t.Helper()
		e := &entry{row: &series.Row{Top: []series.Top{{Carrier: series.ByAddress, Value: "192.0.2.7", Requests: 400, ServerErrors: errors}}}}
		if got := (&Watch{}).blame(e, series.ServerErrors, parts); len(got) != want {
			t.Errorf("%d errors: blamed %v", errors, got)
		}
	}
	f(2, 0)
	f(blameLeast-1, 0)
	f(blameLeast, 1)
}
