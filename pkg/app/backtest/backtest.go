package backtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/honeymoat/honeymoat/pkg/detect"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/respond"
	"github.com/honeymoat/honeymoat/pkg/sigma/correlate"
	"github.com/honeymoat/honeymoat/pkg/store"
)

// History gives back what was stored; *store.Store does.
type History interface {
	Scan(ctx context.Context, q store.ScanQuery, parts int, fn func([]store.Portion) error) error
}

// Options are by whose measure a backtest judges.
type Options struct {
	History History
	Guard   *respond.Guard
	Ledger  respond.LedgerOptions
	Windows correlate.Options
	// Unclear are the columns that the store does not hold as they were in the
	// log, by name, and what stands there instead: "a hash", "nothing" …
	Unclear map[string]string
	// Parts is how many detectors run side by side; 0 = one a processor.
	Parts int
}

// Request is one backtest.
type Request struct {
	Chosen
	Since, Until time.Time // of the records; since inclusive, until exclusive
	// BlockFor: as if the rules asked for a block of so long; 0 = what they ask
	// for.
	BlockFor time.Duration
	// Progress is told how many rows of how many have been read; nil = nobody is.
	Progress func(rows, total int64)
}

// ErrPeriod is wrapped when a period is none.
var ErrPeriod = errors.New("want a period that begins before it ends")

// Run reads the history of the period and tells what the rules would have
// done. Memory is bounded: it grows with the actors that match up to a bound,
// and not with the history. An error is that of the history or of ctx, or
// wraps ErrPeriod.
func Run(ctx context.Context, o Options, r Request) (wire.Backtest, error) {
	if r.Since.IsZero() || !r.Since.Before(r.Until) {
		return wire.Backtest{}, fmt.Errorf("backtest from %s to %s: %w", r.Since, r.Until, ErrPeriod)
	}
	begun := time.Now()
	t := newTest(o, r)
	q := store.ScanQuery{Since: r.Since, Until: r.Until, Progress: r.Progress}
	if err := o.History.Scan(ctx, q, len(t.parts), t.portions); err != nil {
		return wire.Backtest{}, fmt.Errorf("backtest: %w", err)
	}
	t.finish()
	report := t.report()
	report.Seconds = time.Since(begun).Seconds()
	report.RowsPerSecond = float64(report.Rows) / max(report.Seconds, 1e-9)
	return report, nil
}

// test is a backtest under way.
type test struct {
	options Options
	request Request
	book    *detect.Rulebook
	parts   []*part
	judge   *judge
}

func newTest(o Options, r Request) *test {
	t := &test{
		options: o, request: r,
		book:  detect.NewRulebook(r.Collection, detect.RulebookOptions{Windows: o.Windows}),
		judge: newJudge(o, r),
	}
	n := cmp.Or(o.Parts, runtime.GOMAXPROCS(0))
	if !byClient(r.Collection) {
		n = 1
	}
	for range n {
		t.parts = append(t.parts, newPart(t.book, t.judge.accounts))
	}
	return t
}
