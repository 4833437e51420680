package extauthz

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"time"

	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
)

const (
	// maxQuestion bounds what Envoy tells of a request, in bytes: its path and
	// its headers, of which max_request_headers_kb lets through 8 MiB at the
	// most. A question that was too large would be an error to Envoy, and the
	// request would pass.
	maxQuestion  = 17 << 20
	drainTimeout = 2 * time.Second
)

// Serve answers Envoy on l until ctx ends, then tells that it is going and
// finishes what is being answered. It closes l, which has to be on this host:
// whoever can connect can ask.
func Serve(ctx context.Context, l net.Listener, h *Handler, log *slog.Logger) error {
	server := grpc.NewServer(grpc.MaxRecvMsgSize(maxQuestion))
	authv3.RegisterAuthorizationServer(server, h)
	checks := health.NewServer()
	grpc_health_v1.RegisterHealthServer(server, checks)
	drained := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(drained)
		checks.Shutdown()
		drain(server, log)
	})
	err := server.Serve(l)
	if stop() {
		server.Stop()
		return fmt.Errorf("serve Envoy on %s: %w", l.Addr(), err)
	}
	<-drained
	return nil
}

// drain lets questions be answered, but waits for nobody who is slow.
func drain(server *grpc.Server, log *slog.Logger) {
	slow := time.AfterFunc(drainTimeout, func() {
		log.Debug("questions of Envoy are left unanswered")
		server.Stop()
	})
	defer slow.Stop()
	server.GracefulStop()
}
