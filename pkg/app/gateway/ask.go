package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/textproto"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/agent"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/identify"
)

// Question describes a request of which a person wants to know what the agent
// does with it. Who is behind it is said outright, or left to the rules and
// the headers.
type Question struct {
	Client      netip.Addr        `json:"client"`
	Method      string            `json:"method,omitempty"`
	Host        string            `json:"host,omitempty"`
	URI         string            `json:"uri,omitempty"` // path, and query if there is one
	API         string            `json:"api,omitempty"`
	User        string            `json:"user,omitempty"`
	Application string            `json:"application,omitempty"`
	Key         string            `json:"key,omitempty"`
	Token       string            `json:"token,omitempty"`
	Session     string            `json:"session,omitempty"`
	Fingerprint string            `json:"fingerprint,omitempty"`
	UserAgent   string            `json:"user_agent,omitempty"`
	Headers     map[string]string `json:"headers,omitempty"` // by their names in any case
}

// Answer tells what the agent does with a request.
type Answer struct {
	// Decision is "pass", or what a gateway would mark the request with: "deny
	// 0123456789abcdef", "shadow …" where it is recorded only.
	Decision string   `json:"decision"`
	Reason   string   `json:"reason"`
	Segment  string   `json:"segment,omitempty"` // of the block that decided
	Country  string   `json:"country,omitempty"`
	Network  string   `json:"network,omitempty"`
	API      string   `json:"api,omitempty"`
	Meets    []Listed `json:"meets"` // all blocks and exemptions that the request meets
	// Saved: the agent does not run, and this is by the state that it saved.
	Saved bool `json:"saved,omitempty"`
}

// Ask tells a person what the agent does with a request: the running one, or
// else by what its state file holds.
func Ask(ctx context.Context, c config.Agent, q Question) (Answer, error) {
	answer, err := askControl[Answer](ctx, c.StateDir, decidePath, q)
	if !errors.Is(err, errNotRunning) {
		return answer, err
	}
	saved, now, stateErr := openSaved(c)
	if stateErr != nil {
		return Answer{}, fmt.Errorf("%w, and its state cannot be read: %w", err, stateErr)
	}
	answer, err = q.answer(saved, now.identify)
	answer.Saved = true
	return answer, err
}

// openSaved gives the agent as its state file has it.
func openSaved(c config.Agent) (*agent.Agent, live, error) {
	now, err := newLive(c, nil)
	if err != nil {
		return nil, live{}, err
	}
	clock, err := agent.NewSystemClock()
	if err != nil {
		return nil, live{}, err
	}
	a, err := agent.Open(agent.Options{
		Name: "saved", Dir: c.StateDir, Clock: clock, Log: slog.New(slog.DiscardHandler), Policy: now.policy,
	})
	return a, now, err
}

func (q *Question) request(rules *identify.Rules) *block.Request {
	headers := map[string]string{}
	for name, value := range q.Headers {
		headers[textproto.CanonicalMIMEHeaderKey(name)] = value
	}
	path, query, _ := strings.Cut(q.URI, "?")
	r := &block.Request{
		Client: q.Client, Method: q.Method, Host: q.Host, Path: path, API: q.API, User: q.User, Application: q.Application,
		Key: q.Key, Token: q.Token, Session: q.Session, Fingerprint: q.Fingerprint, UserAgent: q.UserAgent,
	}
	if r.UserAgent == "" {
		r.UserAgent = headers["User-Agent"]
	}
	rules.Fill(r, func(name string) string { return headers[name] })
	rules.FillQuery(r, query)
	return r
}

func (q *Question) answer(a *agent.Agent, rules *identify.Rules) (Answer, error) {
	if !q.Client.IsValid() {
		return Answer{}, errors.New("the question names no client")
	}
	x := a.Explain(q.request(rules))
	answer := Answer{
		Decision: decisionText(&x.Decision), Reason: x.Reason, Segment: x.Decision.Segment,
		Country: x.Request.Country, Network: x.Request.Network, API: x.Request.API, Meets: []Listed{},
	}
	for _, m := range x.Meets {
		answer.Meets = append(answer.Meets, Listed{m.Segment, m.Target, m.ID, m.Action, m.Mode, m.Percent, int64(m.Left.Seconds())})
	}
	return answer, nil
}

func decisionText(d *block.Decision) string {
	switch {
	case d.Found && d.Mode != block.Enforce:
		return "shadow " + d.ID.String()
	case d.Found && d.ID != 0:
		return d.Action.String() + " " + d.ID.String()
	case d.Flagged():
		return block.Flag.String() + " " + d.Flag.ID.String()
	default:
		return "pass"
	}
}

// postTo sends a question to a unix socket.
func postTo(ctx context.Context, socket, path string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://agent"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}
	return (&http.Client{Transport: transport}).Do(req)
}

// notAnswered is what the agent says about a question that it does not answer.
func notAnswered(resp *http.Response) error {
	text, err := io.ReadAll(io.LimitReader(resp.Body, 4096))
	if err != nil {
		return fmt.Errorf("the agent answered %s: %w", resp.Status, err)
	}
	return fmt.Errorf("the agent answered %s: %s", resp.Status, strings.TrimSpace(string(text)))
}
