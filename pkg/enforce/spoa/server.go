package spoa

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"
)

// acceptPause is waited after a connection could not be accepted, as when no
// file descriptors are left.
const acceptPause = 100 * time.Millisecond

// Serve answers HAProxy on l until ctx ends, then finishes what is being
// answered and takes leave. It closes l, which has to be on this host: whoever
// can connect can ask.
func Serve(ctx context.Context, l net.Listener, h *Handler, log *slog.Logger) error {
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	var open sync.WaitGroup
	defer open.Wait()
	for {
		peer, err := l.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				_ = peer.Close()
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("serve HAProxy on %s: %w", l.Addr(), err)
		case err != nil:
			log.Warn("a connection of HAProxy could not be accepted", "error", err)
			pause(ctx, acceptPause)
			continue
		}
		open.Go(func() { h.serve(ctx, peer, log) })
	}
}

func (h *Handler) serve(ctx context.Context, peer net.Conn, log *slog.Logger) {
	h.metrics.connections.Inc()
	defer h.metrics.connections.Dec()
	c := &conn{ctx: ctx, peer: peer, in: bufio.NewReaderSize(peer, bufferSize), handler: h}
	stop := context.AfterFunc(ctx, c.interrupt)
	defer stop()
	if err := c.serve(); err != nil {
		h.metrics.broken.Inc()
		log.Debug("a connection of HAProxy was ended", "peer", peer.RemoteAddr().String(), "error", err)
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
