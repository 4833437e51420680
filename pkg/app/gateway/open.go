package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
)

func (g *Gateway) listen(ctx context.Context, part, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s: listen on %s: %w", part, address, err)
	}
	g.opened(part, l)
	return l, nil
}

// opened has a listener closed in the end. Its server does so as well.
func (g *Gateway) opened(part string, l net.Listener) {
	g.addresses[part] = l.Addr()
	g.cleanups = append(g.cleanups, func() error {
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			return fmt.Errorf("close %s: %w", part, err)
		}
		return nil
	})
}

func (g *Gateway) add(name string, run func(ctx context.Context) error) {
	g.parts = append(g.parts, part{name, run})
}

// clean undoes what was opened, the last first.
func (g *Gateway) clean() error {
	var failures []error
	for i := len(g.cleanups) - 1; i >= 0; i-- {
		if err := g.cleanups[i](); err != nil && !errors.Is(err, os.ErrClosed) {
			failures = append(failures, err)
		}
	}
	g.cleanups = nil
	return errors.Join(failures...)
}
