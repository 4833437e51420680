package httplink

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/honeymoat/honeymoat/pkg/auth"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// ErrRefused is wrapped when the service does not accept the agent's
// credential: waiting does not mend it.
var ErrRefused = errors.New("the service refuses this agent")

const (
	apiPath        = "/api/v1/agent"
	maxAnswer      = 64 << 10 // of an answer that is no stream
	connectTimeout = 10 * time.Second
)

// Options say how the service is reached.
type Options struct {
	URL    string // "https://honeymoat.example.net:8440"
	Name   string // of the agent
	Secret string
	TLS    *tls.Config // whom to trust
	Log    *slog.Logger
}

// Link implements the agent's link. Close it when Follow has returned.
type Link struct {
	base      string
	bearer    string
	log       *slog.Logger
	transport *http.Transport
	client    *http.Client

	encoding sync.Mutex // for codec
	codec    *event.Codec
}

// New makes a link. It connects nowhere yet.
func New(o Options) (*Link, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("service URL %q: want https://HOST:PORT", o.URL)
	}
	codec, err := event.NewCodec()
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: o.TLS, ForceAttemptHTTP2: true,
		DialContext: (&net.Dialer{Timeout: connectTimeout}).DialContext,
		// All requests share one connection: one that died without a word would
		// be used for the next ones too, for as long as the kernel sends again.
		HTTP2:               &http.HTTP2Config{SendPingTimeout: silence, PingTimeout: silence},
		TLSHandshakeTimeout: connectTimeout, ResponseHeaderTimeout: connectTimeout,
		IdleConnTimeout: time.Minute, MaxIdleConnsPerHost: 4,
	}
	return &Link{
		base: strings.TrimSuffix(u.String(), "/") + apiPath, bearer: "Bearer " + auth.AgentBearer(o.Name, o.Secret),
		log: o.Log, transport: transport, codec: codec,
		client: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // a redirect would carry the secret elsewhere
		}},
	}, nil
}

// Close ends idle connections and frees memory.
func (l *Link) Close() {
	l.transport.CloseIdleConnections()
	l.codec.Close()
}

// Report implements the agent's link.
func (l *Link) Report(ctx context.Context, r block.Report) error {
	return l.post(ctx, "/report", r)
}

// Touch implements the agent's link.
func (l *Link) Touch(ctx context.Context, f finding.Finding) error {
	return l.post(ctx, "/touch", f)
}

func (l *Link) post(ctx context.Context, path string, body any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode for %s: %w", path, err)
	}
	header := http.Header{"Content-Type": {"application/json"}}
	return l.call(ctx, http.MethodPost, path, header, data, nil)
}

// call makes a request and reads the JSON that answers it into answer.
func (l *Link) call(ctx context.Context, method, path string, header http.Header, body []byte, answer any) error {
	resp, err := l.send(ctx, method, path, header, body)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("read answer of %s: %w", path, err)
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("read answer of %s: %w", path, err)
	}
	return nil
}

// send gives the response if its status is a success.
func (l *Link) send(ctx context.Context, method, path string, header http.Header, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, l.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make request %s: %w", path, err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	req.Header.Set("Authorization", l.bearer)
	resp, err := l.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("reach the service: %w", err)
	}
	if resp.StatusCode/100 != 2 {
		defer func() { _ = resp.Body.Close() }()
		return nil, failure(path, resp)
	}
	return resp, nil
}
