package service

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
)

func TestPartsEndInReverse(t *testing.T) {
	var order []string
	l := newLifecycle(slog.New(slog.DiscardHandler))
	for _, name := range []string{"bus", "store", "front"} {
		l.start(name, func(ctx context.Context) error {
			<-ctx.Done()
			order = append(order, name) // one at a time: stop waits for each
			return ctx.Err()
		})
	}
	l.push("file", func() error { return errors.New("stuck") })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.wait(ctx); err != nil {
		t.Error(err)
	}
	if err := l.stop(); err == nil || err.Error() != "stop file: stuck" {
		t.Errorf("stop: %v", err)
	}
	if !slices.Equal(order, []string{"front", "store", "bus"}) {
		t.Errorf("ended in the order %v", order)
	}
}

func TestAPartThatEndsBringsTheServiceDown(t *testing.T) {
	f := func(result error, want string) {
		t.Helper()
		l := newLifecycle(slog.New(slog.DiscardHandler))
		l.start("steady", func(ctx context.Context) error { <-ctx.Done(); return nil })
		l.start("bus", func(context.Context) error { return result })
		if err := l.wait(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		if err := l.stop(); err != nil {
			t.Errorf("what was told is told again: %v", err)
		}
	}
	f(errors.New("disk full"), "bus ended: disk full")
	f(nil, "bus ended: without being asked to")
}
