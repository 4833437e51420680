package nginx

import (
	"context"
	"fmt"
	"time"
)

// Nothing hangs on how soon an attempt that failed is made again: a change is
// another reason to.
const (
	firstPause = 10 * time.Second
	maxPause   = time.Minute
	// A reload that shows nothing is told again, for it may not have happened,
	// but seldom: nginx starts all its workers anew each time.
	firstAgain = time.Minute
	maxAgain   = 16 * time.Minute
)

// attempt is how the last attempts to change nginx ended.
type attempt struct {
	pause time.Duration // until the next; 0: the last one succeeded
	said  string        // the failure that was told
}

// ended takes how one has ended, and tells whether that is news.
func (a *attempt) ended(err error, every time.Duration) (news bool) {
	if err == nil {
		*a = attempt{}
		return false
	}
	news = err.Error() != a.said
	a.said = err.Error()
	a.pause = min(max(2*a.pause, firstPause), maxPause)
	a.pause = max(a.pause, every)
	return news
}

// told is when nginx was told of what is in force.
type told struct {
	again time.Duration // when it is told the next time
	gap   time.Duration // 0: it was not told yet
}

// reload has nginx read the files, unless it was told so already: whoever waits
// for it to show them need not tell it again each time.
func (f *Files) reload(ctx context.Context) error {
	now := f.o.Now()
	if f.told.gap > 0 && now < f.told.again {
		return nil
	}
	if err := run(ctx, f.o.Reload); err != nil {
		return fmt.Errorf("reload nginx: %w", err)
	}
	f.told.gap = min(max(2*f.told.gap, firstAgain), maxAgain)
	f.told.again = now + f.told.gap
	return nil
}
