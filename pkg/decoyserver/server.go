package decoyserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

const (
	headerTimeout = 10 * time.Second
	bodyTimeout   = 30 * time.Second // to send a request, and to take an answer
	idleTimeout   = 2 * time.Minute
	drainTimeout  = 2 * time.Second
	maxHeaderSize = 64 << 10
)

// Run serves decoys on l and keeps the log until ctx ends. It closes both.
func Run(ctx context.Context, l net.Listener, h *Handler) error {
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: headerTimeout, ReadTimeout: bodyTimeout, WriteTimeout: bodyTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderSize,
		// Clients that break off are what a decoy is there for.
		ErrorLog: slog.NewLogLogger(h.log.Handler(), slog.LevelDebug),
		// Delayed answers do not hold up the end.
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	logging, stopLogging := context.WithCancel(context.WithoutCancel(ctx))
	defer stopLogging()
	logged := make(chan error, 1)
	go func() { logged <- h.file.Run(logging) }()
	err := serve(ctx, server, l)
	stopLogging() // after the last request has been logged
	return errors.Join(err, <-logged)
}

func serve(ctx context.Context, server *http.Server, l net.Listener) error {
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve decoys on %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	draining, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	if err := server.Shutdown(draining); err != nil {
		_ = server.Close() // whoever is this slow is not waited for
	}
	<-served
	return nil
}
