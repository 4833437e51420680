package httpapi

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/auth"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// access is who may use a route.
type access uint8

const (
	public access = iota // anybody
	viewer
	analyst
	admin
	agent    // agents only
	ingester // who pushes logs, and admins
	fetcher  // who fetches blocks, and whoever may read everything
)

var accessNames = [...]string{public: "public", viewer: "viewer", analyst: "analyst", admin: "admin", agent: "agent", ingester: "ingest", fetcher: "bouncer"}

// String is the x-role of the OpenAPI document.
func (a access) String() string { return accessNames[a] }

func (a access) role() auth.Role {
	switch a {
	case viewer:
		return auth.Viewer
	case analyst:
		return auth.Analyst
	case ingester:
		return auth.Ingest
	case fetcher:
		return auth.Bouncer
	default:
		return auth.Admin
	}
}

// authorize finds out who asks and whether they may.
func (s *Server) authorize(x *exchange, need access) error {
	if need == public {
		return nil
	}
	err := s.authenticate(x, need)
	if p := problemOf(err); err != nil && (p.Status == 401 || p.Status == 403 || p.Status == 429) {
		s.metrics.failures.WithLabelValues(p.Name()).Inc()
	}
	return err
}

func (s *Server) authenticate(x *exchange, need access) error {
	text, ok := bearer(x.GetHeader("Authorization"))
	if pushed := x.GetHeader(tokenHeader); need == ingester && pushed != "" {
		text, ok = pushed, true
	}
	if !ok {
		return noToken.with("")
	}
	if err := s.throttle(x); err != nil {
		return err
	}
	if need == agent {
		return s.authenticateAgent(x, text)
	}
	token, err := s.options.Tokens().Find(text, s.options.Now())
	if err != nil {
		return s.rejectPerson(x, text, err)
	}
	x.token = token
	x.caller = respond.Caller{
		Name: token.Name, Role: token.Role.String(), Admin: token.Role.Allows(auth.Admin), Address: s.address(x.Context),
	}
	if !token.Role.Allows(need.role()) {
		return lowRole.hinted("the token has the role "+token.Role.String(), "This needs the role "+need.String()+".")
	}
	return nil
}

func (s *Server) authenticateAgent(x *exchange, text string) error {
	name, secret, ok := auth.ParseAgentBearer(text)
	if !ok {
		if _, err := s.options.Tokens().Find(text, s.options.Now()); err == nil {
			return lowRole.hinted("this path is for agents", "Use the credential that the agent got when it enrolled.")
		}
		return s.reject(x, wrongToken.hinted("", "Enrol the agent: honeymoat-agent enroll."))
	}
	a, ok := s.options.Agents.Authenticate(name, secret)
	if !ok || a.Revoked {
		return s.reject(x, wrongToken.hinted("the agent is not enrolled, or was revoked", "Enrol it again: honeymoat-agent enroll."))
	}
	x.agent = a
	return nil
}

// rejectPerson tells a wrong token from a credential that is good elsewhere.
func (s *Server) rejectPerson(x *exchange, text string, err error) error {
	if name, secret, ok := auth.ParseAgentBearer(text); ok {
		if a, ok := s.options.Agents.Authenticate(name, secret); ok && !a.Revoked {
			return lowRole.hinted("the credential is an agent's", "An agent may use the paths below /api/v1/agent/ only.")
		}
	}
	if errors.Is(err, auth.ErrExpired) {
		return s.reject(x, wrongToken.with("it has expired"))
	}
	return s.reject(x, wrongToken.with(""))
}

// reject counts a wrong credential against its address.
func (s *Server) reject(x *exchange, problem error) error {
	s.attempts.Failed(s.address(x.Context), s.options.Now())
	return problem
}

// throttle refuses an address that has sent too many wrong credentials, a
// right one included: else guessing would cost nothing.
func (s *Server) throttle(x *exchange) error {
	ok, after := s.attempts.Allowed(s.address(x.Context), s.options.Now())
	if ok {
		return nil
	}
	x.Header("Retry-After", strconv.Itoa(int(math.Ceil(after.Seconds()))))
	return tooMany.with("try again in " + after.Round(time.Second).String())
}

// tokenHeader holds the token of a sender of logs that cannot set
// Authorization.
const tokenHeader = "X-Honeymoat-Token"

// bearer reads the header Authorization.
func bearer(header string) (string, bool) {
	scheme, text, ok := strings.Cut(header, " ")
	text = strings.TrimSpace(text)
	return text, ok && strings.EqualFold(scheme, "Bearer") && text != ""
}
