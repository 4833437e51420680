package grpcguard

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/honeymoat/honeymoat/pkg/block"
)

type decider struct {
	verdict block.Verdict
	asked   block.Request
}

func (d *decider) Decide(r *block.Request) block.Verdict {
	d.asked = *r
	return d.verdict
}

// health is a service that keeps the metadata it was called with.
type health struct {
	grpc_health_v1.UnimplementedHealthServer
	seen metadata.MD
}

func (h *health) Check(ctx context.Context, _ *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	h.seen, _ = metadata.FromIncomingContext(ctx)
	return &grpc_health_v1.HealthCheckResponse{}, nil
}

func (h *health) Watch(_ *grpc_health_v1.HealthCheckRequest, s grpc.ServerStreamingServer[grpc_health_v1.HealthCheckResponse]) error {
	h.seen, _ = metadata.FromIncomingContext(s.Context())
	return s.Send(&grpc_health_v1.HealthCheckResponse{})
}

// serve starts a gRPC service behind a guard and gives a client of it.
func serve(t *testing.T, o Options) (grpc_health_v1.HealthClient, *health) {
	t.Helper()
	g, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, h := grpc.NewServer(grpc.UnaryInterceptor(g.Unary), grpc.StreamInterceptor(g.Stream)), &health{}
	grpc_health_v1.RegisterHealthServer(server, h)
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	conn, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithUserAgent("caller/1"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		server.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return grpc_health_v1.NewHealthClient(conn), h
}

func TestRefusals(t *testing.T) {
	f := func(a block.Action, terms *block.Terms, want codes.Code, message string) {
		t.Helper()
		v := block.Verdict{Refused: true, RetryAfter: time.Second, Decision: block.Decision{ID: 7, Action: a, Terms: terms}}
		client, _ := serve(t, Options{Decider: &decider{verdict: v}})
		_, err := client.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
		if s := status.Convert(err); s.Code() != want || s.Message() != message {
			t.Errorf("%s: %s %q, want %s %q", a, s.Code(), s.Message(), want, message)
		}
		stream, err := client.Watch(t.Context(), &grpc_health_v1.HealthCheckRequest{})
		if err == nil {
			_, err = stream.Recv()
		}
		if status.Code(err) != want {
			t.Errorf("%s: a stream ended with %v, want %s", a, err, want)
		}
	}
	f(block.Deny, nil, codes.PermissionDenied, "refused")
	f(block.Deny, &block.Terms{Status: 404, Body: "no such thing"}, codes.NotFound, "no such thing")
	f(block.Deny, &block.Terms{Status: 503}, codes.Unavailable, "refused")
	f(block.Throttle, nil, codes.ResourceExhausted, "too many calls: try again after 1 s")
	f(block.Drop, nil, codes.PermissionDenied, "refused")
	f(block.Divert, nil, codes.PermissionDenied, "refused")
}

func TestWhatIsSeen(t *testing.T) {
	d := &decider{verdict: block.Verdict{Decision: block.Decision{Flag: block.Mark{ID: 9, Terms: &block.Terms{Header: "X-Risk", Value: "high"}}}}}
	var told []string
	client, h := serve(t, Options{
		Decider: d, Trusted: func(a netip.Addr) bool { return a.IsLoopback() },
		Identify: func(r *block.Request, _ string, header func(string) string) { r.Token = header("Authorization") },
		Decided:  func(_ context.Context, method string, v *block.Verdict) { told = append(told, method+" "+v.Mark()) },
	})
	ctx := metadata.AppendToOutgoingContext(t.Context(), "x-forwarded-for", "198.51.100.1", "authorization", "secret", "x-honeymoat-flag", "clean")
	if _, err := client.Check(ctx, &grpc_health_v1.HealthCheckRequest{}); err != nil {
		t.Fatal(err)
	}
	const method = "/grpc.health.v1.Health/Check"
	if d.asked.Client.String() != "198.51.100.1" || d.asked.Path != method || d.asked.Token != "secret" || d.asked.Host == "" {
		t.Errorf("asked about %+v", d.asked)
	}
	if len(h.seen.Get(block.FlagHeader)) > 0 || len(h.seen.Get("x-risk")) != 1 || h.seen.Get("x-risk")[0] != "high" {
		t.Errorf("the handler saw %v", h.seen)
	}
	if len(told) != 1 || told[0] != method+" flag 0000000000000009" {
		t.Errorf("told of %q", told)
	}
}

// Handlers take the first of values that come several times.
func TestWhatIsSaidSeveralTimes(t *testing.T) {
	d := new(decider)
	client, _ := serve(t, Options{
		Decider: d, Trusted: func(a netip.Addr) bool { return a.IsLoopback() },
		Identify: func(r *block.Request, _ string, header func(string) string) {
			r.Token, r.Session = header("Authorization"), header("Cookie")
		},
	})
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer stolen", "authorization", "Bearer other",
		"cookie", "a=b", "cookie", "sid=1", "x-forwarded-for", "203.0.113.9", "x-forwarded-for", "198.51.100.1")
	if _, err := client.Check(ctx, &grpc_health_v1.HealthCheckRequest{}); err != nil {
		t.Fatal(err)
	}
	if d.asked.Token != "Bearer stolen" || d.asked.Session != "a=b; sid=1" || d.asked.Client.String() != "198.51.100.1" {
		t.Errorf("asked about %+v", d.asked)
	}
}
