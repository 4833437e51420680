package gateway

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/agent"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/enforce/httpauth"
)

const askTimeout = 5 * time.Second

// Ask tells a person what the agent does with a client: as the running agent
// answers its gateway, or else by what its state file holds.
func Ask(ctx context.Context, c config.Agent, client netip.Addr) (string, error) {
	answer, err := askRunning(ctx, c.Enforce.Listen, client)
	if err == nil {
		return answer, nil
	}
	saved, stateErr := askState(c, client)
	if stateErr != nil {
		return "", fmt.Errorf("the agent does not answer (%w), and its state cannot be read: %w", err, stateErr)
	}
	return saved + " (by the saved state; the agent does not run)", nil
}

// askRunning asks as the gateway would, about a request for nothing.
func askRunning(ctx context.Context, listen string, client netip.Addr) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://agent/", nil)
	if err != nil {
		return "", err
	}
	req.Header.Set(httpauth.ClientHeader, client.String())
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		network, address := "tcp", listen
		if path, ok := strings.CutPrefix(listen, "unix:"); ok {
			network, address = "unix", path
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return "", err
	}
	if err := resp.Body.Close(); err != nil {
		return "", err
	}
	switch resp.StatusCode {
	case http.StatusNoContent:
		return "pass", nil
	case http.StatusForbidden:
		return resp.Header.Get(block.DecisionHeader), nil
	}
	return "", fmt.Errorf("the agent answered %s", resp.Status)
}

func askState(c config.Agent, client netip.Addr) (string, error) {
	now, err := newLive(c)
	if err != nil {
		return "", err
	}
	clock, err := agent.NewSystemClock()
	if err != nil {
		return "", err
	}
	sets, err := agent.ReadState(filepath.Join(c.StateDir, agent.StateFile), clock)
	if err != nil {
		return "", err
	}
	if now.allow.Contains(client) || client.Unmap().IsLoopback() {
		return "pass", nil
	}
	for _, set := range sets {
		if d := set.Find(&block.Request{Client: client}, nil, clock.Now()); d.Denied() {
			return d.Action.String() + " " + d.ID.String(), nil
		}
	}
	return "pass", nil
}
