package agent

import (
	"context"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

const (
	reportGap      = 5 * time.Millisecond // between two reports of a burst
	reportInterval = 10 * time.Second     // when nothing changes
	sendTimeout    = 10 * time.Second     // of one report or touch
	touchBackoff   = 100 * time.Millisecond
	maxBackoff     = 10 * time.Second
)

// report tells the service what is enforced: at once after a change, so that
// propagation is measured as it is, no more often than reportGap allows, and
// once in a while. The last changes of a burst are in its last report.
func (a *Agent) report(ctx context.Context) {
	tick := time.NewTicker(reportInterval)
	defer tick.Stop()
	var last time.Duration
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			a.sendReport(ctx, a.refusals.take())
			continue
		case <-a.changed:
		}
		if wait := reportGap - (a.clock.Now() - last); wait > 0 && !pause(ctx, wait) {
			return
		}
		last = a.clock.Now()
		a.sendReport(ctx, nil)
	}
}

// sendReport tells what is enforced, and now and then what was refused.
func (a *Agent) sendReport(ctx context.Context, refused map[block.ID]uint64) {
	if !a.linked.Load() {
		a.refusals.giveBack(refused)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	err := a.link.Report(ctx, block.Report{
		Agent: a.name, Software: a.software, Enforcing: a.replica.Versions(), Ways: a.Ways(),
		Denied: a.count.allRefused(), Decided: a.count.decided.Load(), Refused: refused,
	})
	if err != nil {
		a.count.unreported.Add(1)
		a.refusals.giveBack(refused)
		a.log.Debug("a report was lost", "error", err)
	}
}

// sendTouches brings the touches to the service, one after the other.
func (a *Agent) sendTouches(ctx context.Context) {
	backoff := touchBackoff
	for {
		f, ok := a.touches.first()
		if !ok {
			select {
			case <-ctx.Done():
				return
			case <-a.touches.wake:
				continue
			}
		}
		if a.sendTouch(ctx, f) {
			backoff = touchBackoff
			continue
		}
		if !pause(ctx, backoff) {
			return
		}
		backoff = min(2*backoff, maxBackoff)
	}
}

func (a *Agent) sendTouch(ctx context.Context, f finding.Finding) bool {
	sending, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	if err := a.link.Touch(sending, f); err != nil {
		if ctx.Err() == nil {
			a.count.touchRetries.Add(1)
			a.log.Debug("a touch waits for the service", "finding", f.ID, "error", err)
			a.touches.later(f.ID)
		}
		return false
	}
	a.touches.done(f.ID)
	notify(a.dirty)
	return true
}
