package stage

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestUntilAsksOftenAtFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started, asked := time.Now(), 0
		err := Until(t.Context(), "the third time", func(context.Context) error {
			if asked++; asked < 3 {
				return errors.New("not yet")
			}
			return nil
		})
		if took := time.Since(started); err != nil || took != 2*time.Millisecond {
			t.Errorf("%v after %v", err, took)
		}
	})
}

func TestUntilTellsWhatWasWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		asked := 0
		err := Until(ctx, "the moon is full", func(context.Context) error {
			asked++
			return errors.New("a crescent")
		})
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "the moon is full") || !strings.Contains(err.Error(), "a crescent") {
			t.Errorf("%v", err)
		}
		if asked > 200 {
			t.Errorf("asked %d times", asked)
		}
	})
}
