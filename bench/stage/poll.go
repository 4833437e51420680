package stage

import (
	"context"
	"fmt"
	"time"
)

// Until asks again and again, more and more slowly, until check is content.
// When ctx ends first, the error says what was waited for and what check said
// last.
func Until(ctx context.Context, what string, check func(context.Context) error) error {
	const slowest = 100 * time.Millisecond
	pause := time.NewTimer(0)
	defer pause.Stop()
	last := error(nil)
	for wait := time.Millisecond; ; wait = min(2*wait, slowest) {
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
		pause.Reset(wait)
	}
}

func orNever(err error) error {
	if err == nil {
		return fmt.Errorf("no answer yet")
	}
	return err
}
