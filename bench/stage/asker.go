package stage

import (
	"context"
	"fmt"
	"net"
	"net/http"
)

// Asker asks an agent as its gateway does, over one connection that stays
// open. It is safe for concurrent use.
type Asker struct {
	agent string
	http  http.Client
}

// Asker makes an asker; nothing is sent yet.
func (a *Agent) Asker() *Asker {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", a.Socket)
	}
	return &Asker{agent: a.Name, http: http.Client{Transport: &http.Transport{DialContext: dial}}}
}

// Refuses tells whether the agent refuses a client's request for an ordinary
// page.
func (q *Asker) Refuses(ctx context.Context, client string) (bool, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://agent/", nil)
	if err != nil {
		return false, fmt.Errorf("ask %s: %w", q.agent, err)
	}
	req.Header.Set("X-Client-Address", client)
	resp, err := q.http.Do(req)
	if err != nil {
		return false, fmt.Errorf("ask %s: %w", q.agent, err)
	}
	if err := resp.Body.Close(); err != nil {
		return false, fmt.Errorf("ask %s: %w", q.agent, err)
	}
	switch resp.StatusCode {
	case http.StatusNoContent:
		return false, nil
	case http.StatusForbidden:
		return true, nil
	}
	return false, fmt.Errorf("ask %s: it answers %s", q.agent, resp.Status)
}

// Leave closes the connection.
func (q *Asker) Leave() { q.http.CloseIdleConnections() }
