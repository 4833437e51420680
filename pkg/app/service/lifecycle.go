package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// lifecycle is a stack of named parts. A start that fails half-way and an
// ordinary stop take the same way down: what was started last ends first, and
// each part is waited for before the next is ended.
type lifecycle struct {
	log    *slog.Logger
	parts  []part
	failed chan error // the first part that ended by itself
}

type part struct {
	name string
	end  func() error // asks the part to end and waits for it
}

func newLifecycle(log *slog.Logger) *lifecycle {
	return &lifecycle{log: log, failed: make(chan error, 1)}
}

// above is a second stack, which is ended before this one and hears of the
// same failures.
func (l *lifecycle) above() *lifecycle { return &lifecycle{log: l.log, failed: l.failed} }

// start runs a part until it is ended. A part that returns before it was
// asked to brings the service down.
func (l *lifecycle) start(name string, run func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		err := run(ctx)
		if ctx.Err() == nil && l.fail(fmt.Errorf("%s ended: %w", name, orUnexpected(err))) {
			err = nil // told already
		}
		done <- err
	}()
	l.push(name, func() error {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
		return nil
	})
}

// push adds a clean-up that is not a running part.
func (l *lifecycle) push(name string, end func() error) {
	l.parts = append(l.parts, part{name, end})
}

// fail tells whoever waits. It is false when somebody else was first.
func (l *lifecycle) fail(err error) bool {
	select {
	case l.failed <- err:
		return true
	default:
		return false
	}
}

// wait returns nil when ctx ends, or the error of the part that ended first.
func (l *lifecycle) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-l.failed:
		return err
	}
}

// await waits until a part is ready. It fails when a part does, or ctx ends.
func (l *lifecycle) await(ctx context.Context, ready <-chan struct{}) error {
	select {
	case <-ready:
		return nil
	case err := <-l.failed:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stop ends all parts, the last one first, and joins their errors.
func (l *lifecycle) stop() error {
	var problems []error
	for i := len(l.parts) - 1; i >= 0; i-- {
		begun := time.Now()
		if err := l.parts[i].end(); err != nil {
			problems = append(problems, fmt.Errorf("stop %s: %w", l.parts[i].name, err))
		}
		l.log.Debug("stopped", "part", l.parts[i].name, "took", time.Since(begun))
	}
	l.parts = nil
	return errors.Join(problems...)
}

func orUnexpected(err error) error {
	if err == nil {
		return errors.New("without being asked to")
	}
	return err
}
