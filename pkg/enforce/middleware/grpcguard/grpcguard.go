// Package grpcguard is the middleware package for gRPC: interceptors that
// refuse calls before their handlers see them. A call is a POST of its full
// method, "/package.Service/Method", so that blocks on a route work.
//
// It may import middleware's neighbours block, accesslog and identify, and
// grpc. It never decides by itself.
package grpcguard

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/enforce/middleware"
	"github.com/honeymoat/honeymoat/pkg/identify"
)

// Options say what a Guard needs; see middleware.Options.
type Options struct {
	Decider  block.Decider // required
	Identify func(r *block.Request, uri string, header func(name string) string)
	Trusted  func(netip.Addr) bool
	// Decided is told of every call that was refused or flagged. Nil: nobody is.
	Decided func(ctx context.Context, method string, v *block.Verdict)
}

// Guard makes interceptors. It is safe for concurrent use.
type Guard struct{ options Options }

// New makes a guard.
func New(o Options) (*Guard, error) {
	if o.Decider == nil {
		return nil, errors.New("make gRPC middleware: option Decider is missing")
	}
	if o.Identify == nil {
		o.Identify = func(*block.Request, string, func(string) string) {}
	}
	if o.Trusted == nil {
		o.Trusted = func(netip.Addr) bool { return false }
	}
	if o.Decided == nil {
		o.Decided = func(context.Context, string, *block.Verdict) {}
	}
	return &Guard{o}, nil
}

// Unary intercepts calls with one request and one answer.
func (g *Guard) Unary(ctx context.Context, in any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	ctx, err := g.pass(ctx, info.FullMethod)
	if err != nil {
		return nil, err
	}
	return next(ctx, in)
}

// Stream intercepts streams, once at their beginning.
func (g *Guard) Stream(srv any, s grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	ctx, err := g.pass(s.Context(), info.FullMethod)
	if err != nil {
		return err
	}
	return next(srv, stream{s, ctx})
}

// stream is a stream with another context.
type stream struct {
	grpc.ServerStream
	ctx context.Context
}

// Context implements grpc.ServerStream.
func (s stream) Context() context.Context { return s.ctx }

// pass decides about a call, and gives the context to go on with or the error
// that the caller gets.
func (g *Guard) pass(ctx context.Context, method string) (context.Context, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	v := g.options.Decider.Decide(g.describe(ctx, method, md))
	if v.Mark() != "" {
		g.options.Decided(ctx, method, &v)
	}
	if v.Refused {
		return nil, refusal(&v)
	}
	return metadata.NewIncomingContext(ctx, marked(md, &v)), nil
}

// marked is what the handler gets to see: nothing that a caller says in our
// name, and the flag.
func marked(md metadata.MD, v *block.Verdict) metadata.MD {
	md = md.Copy()
	md.Delete(block.DecisionHeader)
	md.Delete(block.FlagHeader)
	if v.Flagged() {
		md.Set(v.Flag.Terms.FlagHeader(v.Flag.ID))
	}
	return md
}

func (g *Guard) describe(ctx context.Context, method string, md metadata.MD) *block.Request {
	header := identify.Lines(md.Get)
	q := &block.Request{Method: http.MethodPost, Path: method, Host: header(":authority"), UserAgent: header("user-agent")}
	if p, ok := peer.FromContext(ctx); ok {
		if near, err := netip.ParseAddrPort(p.Addr.String()); err == nil {
			forwarded := strings.Join(md.Get("x-forwarded-for"), ",")
			q.Client = accesslog.ClientBehind(near.Addr().Unmap().WithZone(""), []byte(forwarded), g.options.Trusted)
		}
	}
	g.options.Identify(q, method, header)
	return q
}

// refusal is a refused call as its caller sees it. There is no way to close
// the connection, which others share, nor a decoy to send the caller to.
func refusal(v *block.Verdict) error {
	message := "refused"
	if _, body := v.Terms.AnswerBody(); body != "" {
		message = body
	}
	if v.Action == block.Throttle {
		return status.Error(codes.ResourceExhausted, "too many calls: try again after "+middleware.RetryAfter(v.RetryAfter)+" s")
	}
	switch v.Terms.AnswerStatus(v.Action) {
	case http.StatusNotFound:
		return status.Error(codes.NotFound, message)
	case http.StatusTooManyRequests:
		return status.Error(codes.ResourceExhausted, message)
	case http.StatusServiceUnavailable:
		return status.Error(codes.Unavailable, message)
	default:
		return status.Error(codes.PermissionDenied, message)
	}
}
