package stage

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"sync"
	"time"
)

// clientHeader is the header by which the stage's gateways are told where a
// request comes from: the stage plays the trusted proxy in front of them.
// Without it every client would be loopback, which nobody can block.
const clientHeader = "X-Stage-Client"

// Visitor is a client on the network.
type Visitor struct {
	Address string      // where its requests come from
	Agent   string      // its User-Agent
	Host    string      // the host that it asks for; empty is the gateway's address
	Header  http.Header // sent with every request
	http    http.Client
}

// NewVisitor makes a client with an address.
func NewVisitor(address, agent string) *Visitor {
	transport := &http.Transport{MaxIdleConnsPerHost: 4, DisableCompression: true}
	return &Visitor{Address: address, Agent: agent, http: http.Client{
		Transport: transport,
		Timeout:   10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}}
}

// Answer is what a visitor got.
type Answer struct {
	Status int
	Header http.Header
	Body   string
	At     time.Time // when the answer was complete
	Took   time.Duration
}

// Get asks a gateway for a path, undecoded.
func (v *Visitor) Get(ctx context.Context, g *Gateway, path string) (Answer, error) {
	started := time.Now()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, g.URL+path, nil)
	if err != nil {
		return Answer{}, fmt.Errorf("ask %s: %w", g.Name, err)
	}
	req.Host = v.Host
	maps.Copy(req.Header, v.Header)
	req.Header.Set(clientHeader, v.Address)
	req.Header.Set("User-Agent", v.Agent)
	resp, err := v.http.Do(req)
	if err != nil {
		return Answer{}, fmt.Errorf("ask %s: %w", g.Name, err)
	}
	defer func() { _ = resp.Body.Close() }() // it has been read
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return Answer{}, fmt.Errorf("ask %s: %w", g.Name, err)
	}
	now := time.Now()
	return Answer{Status: resp.StatusCode, Header: resp.Header, Body: string(body), At: now, Took: now.Sub(started)}, nil
}

// WaitStatus asks for a path until the gateway answers with a status.
func (v *Visitor) WaitStatus(ctx context.Context, g *Gateway, path string, status int) (Answer, error) {
	var answer Answer
	err := Until(ctx, fmt.Sprintf("%s at %s answers %s with %d", v.Address, g.Name, path, status), func(ctx context.Context) error {
		got, err := v.Get(ctx, g, path)
		if err == nil && got.Status != status {
			err = fmt.Errorf("status %d", got.Status)
		}
		answer = got
		return err
	})
	return answer, err
}

// Leave closes the visitor's connections.
func (v *Visitor) Leave() { v.http.CloseIdleConnections() }

// Stroll is a visitor who keeps asking for ordinary pages.
type Stroll struct {
	cancel context.CancelFunc
	done   chan struct{}

	mu    sync.Mutex
	tally Tally
}

// Tally is how a visitor fared.
type Tally struct {
	Requests int
	Served   int           // answered with 200
	Slowest  time.Duration // of those that were served
	Trouble  []string      // the others, as they ended
}

// Undisturbed tells whether there were requests and all were served.
func (t Tally) Undisturbed() bool { return t.Requests > 0 && t.Served == t.Requests }

// Stroll begins to ask all gateways in turn for a path, a request each pause.
func (v *Visitor) Stroll(path string, pause time.Duration, gateways ...*Gateway) *Stroll {
	ctx, cancel := context.WithCancel(context.Background())
	s := &Stroll{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		ticker := time.NewTicker(pause)
		defer ticker.Stop()
		for i := 0; ; i++ {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				// Its own deadline: the request under way when the stroll
				// ends is let through to its end.
				answer, err := v.Get(context.Background(), gateways[i%len(gateways)], path)
				s.count(answer, err)
			}
		}
	}()
	return s
}

func (s *Stroll) count(a Answer, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tally.Requests++
	switch {
	case err != nil:
		s.tally.Trouble = append(s.tally.Trouble, err.Error())
	case a.Status != http.StatusOK:
		s.tally.Trouble = append(s.tally.Trouble, fmt.Sprintf("status %d", a.Status))
	default:
		s.tally.Served++
		s.tally.Slowest = max(s.tally.Slowest, a.Took)
	}
}

// Tally is how it went so far.
func (s *Stroll) Tally() Tally {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tally
	t.Trouble = append([]string(nil), t.Trouble...)
	return t
}

// Stop ends the stroll and tells how it went.
func (s *Stroll) Stop() Tally {
	s.cancel()
	<-s.done
	return s.Tally()
}
