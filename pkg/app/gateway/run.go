package gateway

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// part is one thing that runs as long as the agent does.
type part struct {
	name string
	run  func(ctx context.Context) error
}

// runAll runs the parts until ctx ends or one of them does, then ends the
// others and waits for them. It returns what failed.
func runAll(ctx context.Context, parts []part) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failures := make([]error, len(parts))
	var wg sync.WaitGroup
	for i, p := range parts {
		wg.Go(func() {
			defer cancel()
			if err := p.run(ctx); err != nil && !errors.Is(err, context.Canceled) {
				failures[i] = fmt.Errorf("%s: %w", p.name, err)
			}
		})
	}
	wg.Wait()
	return errors.Join(failures...)
}
