package httpauth

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
	readTimeout = 10 * time.Second
	// idleTimeout is longer than gateways keep idle connections, so that it is
	// they who close them: the other way round a request meets a closed one.
	idleTimeout   = 10 * time.Minute
	drainTimeout  = 2 * time.Second
	maxHeaderSize = 128 << 10 // a gateway passes on URIs of 32 KiB
)

// Serve answers on l until ctx ends, then finishes what is being answered. It
// closes l.
func Serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) error {
	server := &http.Server{
		Handler: h, ReadTimeout: readTimeout, WriteTimeout: readTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeaderSize, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	drained := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() { drained <- drain(ctx, server) })
	err := server.Serve(l)
	if !errors.Is(err, http.ErrServerClosed) {
		stop()
		return fmt.Errorf("serve gateways on %s: %w", l.Addr(), err)
	}
	return <-drained
}

func drain(ctx context.Context, server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return server.Close() // whoever is this slow is not waited for
	}
	return nil
}
