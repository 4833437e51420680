package stage

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// API is the service's API as the holder of one token sees it: the client of
// the command line, and what it does not ask for. Errors wrap a *wire.Problem
// when the service said no.
type API struct {
	*client.Client
	// Header is sent with what Do asks.
	Header http.Header

	base  string
	token string
	http  http.Client
}

func newAPI(address, caFile, token string) (*API, error) {
	ca, err := os.ReadFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("the service's authority: %w", err)
	}
	typed, err := client.New(client.Options{URL: "https://" + address, Token: token, CAPEM: ca, Software: "stage"})
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca) // the client has seen that it can be read
	return &API{
		Client: typed, base: "https://" + address, token: token,
		http: http.Client{
			Timeout:   30 * time.Second,
			Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true},
		},
	}, nil
}

// Do sends a request with a JSON body (nil for none) and reads the JSON answer
// into answer (nil for none).
func (a *API) Do(ctx context.Context, method, path string, body, answer any) error {
	text, err := a.send(ctx, method, path, body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

func (a *API) send(ctx context.Context, method, path string, body any) ([]byte, error) {
	var content io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, a.base+path, content)
	if err != nil {
		return nil, err
	}
	maps.Copy(req.Header, a.Header)
	req.Header.Set("Authorization", "Bearer "+a.token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := a.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // it has been read
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode/100 != 2 {
		return text, problem(resp.StatusCode, text)
	}
	return text, nil
}

func problem(status int, text []byte) error {
	p := new(wire.Problem)
	if err := json.Unmarshal(text, p); err != nil || p.Type == "" {
		return fmt.Errorf("status %d: %s", status, text)
	}
	return p
}

// LiveBlocks lists the live blocks.
func (a *API) LiveBlocks(ctx context.Context) ([]wire.Block, error) {
	return collect(a.Blocks(ctx, client.BlockFilter{}))
}

// AgentNamed gives an agent's state as the service knows it.
func (a *API) AgentNamed(ctx context.Context, name string) (block.Agent, error) {
	agents, err := collect(a.Agents(ctx))
	if err != nil {
		return block.Agent{}, err
	}
	i := slices.IndexFunc(agents, func(g block.Agent) bool { return g.Name == name })
	if i < 0 {
		return block.Agent{}, fmt.Errorf("the service knows no agent %q", name)
	}
	return agents[i], nil
}

// InStep is nil when an agent has reported that it enforces exactly what the
// service holds, in each of its segments.
func (a *API) InStep(ctx context.Context, name string) error {
	agent, err := a.AgentNamed(ctx, name)
	if err != nil {
		return err
	}
	status, err := a.Status(ctx)
	if err != nil {
		return err
	}
	if !agent.Connected {
		return fmt.Errorf("%s is not connected", name)
	}
	for _, segment := range append([]string{block.All}, agent.Segments...) {
		if has, want := agent.Enforcing[segment], status.Segments[segment]; has != want {
			return fmt.Errorf("%s enforces %+v of %s, the service has %+v", name, has, segment, want)
		}
	}
	return nil
}

func collect[T any](items iter.Seq2[T, error]) ([]T, error) {
	all := []T{}
	for item, err := range items {
		if err != nil {
			return nil, err
		}
		all = append(all, item)
	}
	return all, nil
}

// Findings lists what was found about an actor, from the store.
func (a *API) Findings(ctx context.Context, actor string) ([]wire.Finding, error) {
	return list[wire.Finding](ctx, a, "/api/v1/findings", url.Values{"actor": {actor}})
}

// Touches lists the decoy touches among the findings about an actor.
func (a *API) Touches(ctx context.Context, actor string) ([]wire.Finding, error) {
	return list[wire.Finding](ctx, a, "/api/v1/findings", url.Values{"actor": {actor}, "family": {string(finding.Decoy)}})
}

// Events lists what the store holds of a client, and of what else query asks
// for.
func (a *API) Events(ctx context.Context, client string, query url.Values) ([]wire.Event, error) {
	all := url.Values{"client": {client}}
	for key, values := range query {
		all[key] = values
	}
	return list[wire.Event](ctx, a, "/api/v1/events", all)
}

// list reads all pages of a list.
func list[T any](ctx context.Context, a *API, path string, query url.Values) ([]T, error) {
	all := []T{}
	values := url.Values{"limit": {strconv.Itoa(wire.MaxLimit)}}
	for key, value := range query {
		values[key] = value
	}
	for {
		var page wire.Page[T]
		if err := a.Do(ctx, http.MethodGet, path+"?"+values.Encode(), nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if page.Next == "" {
			return all, nil
		}
		values.Set("cursor", page.Next)
	}
}

// Metric is the sum of a Prometheus metric over all its labels.
func (a *API) Metric(ctx context.Context, name string) (float64, error) {
	text, err := a.Metrics(ctx)
	if err != nil {
		return 0, err
	}
	return metric(text, name)
}

// Metrics are all metrics, as Prometheus reads them.
func (a *API) Metrics(ctx context.Context) (string, error) {
	text, err := a.send(ctx, http.MethodGet, "/metrics", nil)
	if err != nil {
		return "", fmt.Errorf("read metrics: %w", err)
	}
	return string(text), nil
}

func metric(text, name string) (float64, error) {
	sum, found := 0.0, false
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(line, name)
		if !ok || rest[0] != ' ' && rest[0] != '{' {
			continue
		}
		value, err := strconv.ParseFloat(strings.TrimSpace(rest[strings.LastIndexByte(rest, ' '):]), 64)
		if err != nil {
			return 0, fmt.Errorf("metric %s: %w", name, err)
		}
		sum, found = sum+value, true
	}
	if !found {
		return 0, fmt.Errorf("there is no metric %s", name)
	}
	return sum, nil
}

// NotReady is nil when /readyz answers 503.
func (a *API) NotReady(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base+"/readyz", nil)
	if err != nil {
		return fmt.Errorf("ask for readiness: %w", err)
	}
	resp, err := a.http.Do(req)
	if err != nil {
		return fmt.Errorf("ask for readiness: %w", err)
	}
	defer func() { _ = resp.Body.Close() }() // nobody reads it
	if resp.StatusCode != http.StatusServiceUnavailable {
		return fmt.Errorf("/readyz answers %d", resp.StatusCode)
	}
	return nil
}
