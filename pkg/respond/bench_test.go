package respond

import (
	"fmt"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// BenchmarkJudge measures a new finding of a new actor, up to the proposal.
func BenchmarkJudge(b *testing.B) {
	l, g := NewLedger(LedgerOptions{PerMinute: -1, PerAgentOnly: -1, PerRule: -1, PerSegment: -1, BreakerPerMinute: -1}), NewGuard(GuardOptions{})
	findings := make([]finding.Finding, 4096)
	for i := range findings {
		findings[i] = touchBy(fmt.Sprintf("10.%d.%d.7", i/256, i%256), "", epoch)
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		f := findings[n%len(findings)]
		f.ID = fmt.Sprint(n)
		n++
		v := l.Judge(Evidence{Finding: f}, g, epoch.Add(time.Duration(n)))
		if v.Proposal != nil {
			l.Hold(*v.Proposal)
		}
		l.Settle(f.ID, 0)
	}
}
