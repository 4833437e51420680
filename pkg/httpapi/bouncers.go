package httpapi

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/honeymoat/honeymoat/pkg/auth"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/httpapi/bouncer"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// Where CrowdSec's bouncers ask. Their API has a document of its own.
const (
	bouncerPath   = "/v1"
	bouncerHealth = "/health"
)

func (s *Server) newBouncers() (*bouncer.Handler, error) {
	return bouncer.New(bouncer.Options{
		Feed: s.options.Blocklist, Ended: s.options.Operator.EndedBlocks, Authenticate: s.bouncerOf,
		Now: s.options.Now, Log: s.options.Log, Metrics: s.options.Registerer,
	})
}

// bouncerOf finds a bouncer by its key: a token of the role bouncer and no
// other. An administrator's has no business in the configuration of a gateway.
func (s *Server) bouncerOf(key string, from netip.Addr) (bouncer.Bouncer, bool) {
	now := s.options.Now()
	if ok, _ := s.attempts.Allowed(from, now); !ok || key == "" {
		return bouncer.Bouncer{}, false
	}
	token, err := s.options.Tokens().Find(key, now)
	if err != nil {
		s.attempts.Failed(from, now)
		return bouncer.Bouncer{}, false
	}
	if token.Role != auth.Bouncer {
		return bouncer.Bouncer{}, false
	}
	return bouncer.Bouncer{
		Name: token.Name, Segments: strings.Join(slices.Sorted(slices.Values(token.Segments)), " "),
		Holds: func(segment string) bool { return token.MayFetch(segment, block.All) },
	}, true
}

// mountBouncers lets bouncers ask at the front, as who trusted proxies say
// that they are.
func (s *Server) mountBouncers(e *gin.Engine) {
	serve := func(c *gin.Context) {
		c.Request.RemoteAddr = net.JoinHostPort(s.address(c).String(), "0")
		c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxBody)
		s.bouncers.ServeHTTP(c.Writer, c.Request)
	}
	e.Any(bouncerPath+"/*path", serve)
	e.Any(bouncerHealth, serve)
}

func (s *Server) listBouncers(x *exchange) error {
	p := newParams(x.Request.URL)
	slice := p.slice()
	if err := p.err(); err != nil {
		return err
	}
	page, err := pageOf(s.bouncers.Seen(), slice, func(b bouncer.Seen) string { return b.Name + " " + b.Address + " " + b.Agent })
	if err != nil {
		return err
	}
	x.JSON(http.StatusOK, wire.Page[wire.Bouncer]{
		Items: mapped(page.Items, func(b bouncer.Seen) wire.Bouncer { return wire.Bouncer(b) }), Next: page.Next,
	})
	return nil
}
