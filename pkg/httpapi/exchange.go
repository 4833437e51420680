package httpapi

import (
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/honeymoat/honeymoat/pkg/auth"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// exchange is one request and its answer.
type exchange struct {
	*gin.Context
	id     string         // in the answer's header, the log, and every problem
	caller respond.Caller // of a route that needs a token
	token  auth.Token     // the caller's
	agent  block.Agent    // of a route for agents
	err    error          // what it failed with, for the log
	stream bool
}

const exchangeKey = "honeymoat"

// exchangeOf gives the exchange that observe has begun.
func exchangeOf(c *gin.Context) *exchange {
	x, _ := c.MustGet(exchangeKey).(*exchange)
	return x
}

// observe gives each request an id, counts it, and logs it: never its query
// or headers, which may hold secrets.
func (s *Server) observe(c *gin.Context) {
	begin := s.options.Now()
	x := &exchange{Context: c, id: s.requestID()}
	c.Set(exchangeKey, x)
	c.Header("X-Request-Id", x.id)
	c.Next()
	took := s.options.Now().Sub(begin)
	route := c.FullPath()
	if route == "" {
		route = "none"
	}
	s.metrics.observe(route, methodLabel(c.Request.Method), c.Writer.Status(), took, x.stream)
	s.logExchange(x, route, took)
}

// methodLabel keeps invented methods from making a time series each.
func methodLabel(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

func (s *Server) requestID() string {
	var raw [8]byte
	if _, err := io.ReadFull(s.options.Random, raw[:]); err != nil {
		return "none"
	}
	return hex.EncodeToString(raw[:])
}

func (s *Server) logExchange(x *exchange, route string, took time.Duration) {
	level := slog.LevelDebug
	if x.Writer.Status() >= 500 {
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{
		slog.String("request", x.id), slog.String("method", x.Request.Method), slog.String("route", route),
		slog.Int("status", x.Writer.Status()), slog.Int("bytes", x.Writer.Size()), slog.Duration("took", took),
		slog.String("address", s.address(x.Context).String()),
	}
	if x.caller.Name != "" {
		attrs = append(attrs, slog.String("token", x.caller.Name))
	}
	if x.agent.Name != "" {
		attrs = append(attrs, slog.String("agent", x.agent.Name))
	}
	if x.err != nil {
		attrs = append(attrs, slog.Any("error", x.err))
	}
	s.options.Log.LogAttrs(x.Request.Context(), level, "http request", attrs...)
}

// address is the caller's address: the connection's peer, or what trusted
// proxies say.
func (s *Server) address(c *gin.Context) netip.Addr {
	a, err := netip.ParseAddr(c.ClientIP())
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap()
}

// recovery answers a panic of a handler, which is a mistake of ours, with a
// problem; the server goes on.
func (s *Server) recovery(c *gin.Context) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(v) // how net/http is told to drop the connection
		}
		x := exchangeOf(c)
		s.options.Log.Error("a handler panicked", "request", x.id, "route", c.FullPath(), "panic", v, "stack", stack())
		if c.Writer.Written() {
			panic(http.ErrAbortHandler) // half an answer must not look whole
		}
		s.fail(x, internal.with(""))
	}()
	c.Next()
}

// harden sets headers that keep browsers from doing anything with an answer
// but show it.
func harden(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	h.Set("Strict-Transport-Security", "max-age=31536000")
	h.Set("Cache-Control", "no-store")
	c.Next()
}

// fail answers with the problem of an error.
func (s *Server) fail(x *exchange, err error) {
	x.err = err
	problem := *problemOf(err)
	problem.Instance = "urn:honeymoat:request:" + x.id
	if problem.Status == http.StatusUnauthorized {
		x.Header("WWW-Authenticate", `Bearer realm="honeymoat"`)
	}
	x.Header("Content-Type", wire.ProblemType)
	x.JSON(problem.Status, problem)
	x.Abort()
}
