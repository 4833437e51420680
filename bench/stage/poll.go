package stage

import (
	"context"
	"fmt"
	"time"
)

// Until asks again and again until check is content: each millisecond at
// first, so that what comes at once is seen at once, then ever more slowly. When ctx ends first, the error says what was waited for and what check said
// last.
func Until(ctx context.Context, what string, check func(context.Context) error) error {
	const quick, slowest = 50, 100 * time.Millisecond
	pause := time.NewTimer(0)
	defer pause.Stop()
	last := error(nil)
	wait := time.Millisecond
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w; last: %w", what, context.Cause(ctx), orNever(last))
		case <-pause.C:
		}
		if err := check(ctx); err == nil {
			return nil
		} else if ctx.Err() == nil {
			last = err
		}
		if n > quick {
			wait = min(2*wait, slowest)
		}
		pause.Reset(wait)
	}
}

func orNever(err error) error {
	if err == nil {
		return fmt.Errorf("no answer yet")
	}
	return err
}
