package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/auth"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// Options say which service, as whom, and how it is known to be the one.
type Options struct {
	URL   string // of the front, such as https://127.0.0.1:8440
	Token string
	// CAPEM is the authority that the service's certificate must come from;
	// or Pin is the fingerprint of one. Neither: those that the system trusts.
	CAPEM []byte
	Pin   auth.Digest
	// Timeout bounds one request and its answer; 0 = 30 s.
	Timeout time.Duration
	// Software is the caller's name and version, for the service's log.
	Software string
}

const (
	defaultTimeout = 30 * time.Second
	maxAnswer      = 64 << 20
)

// Client asks one service. It is safe for concurrent use. Every method fails
// with an error that wraps a *wire.Problem when the service says no.
type Client struct {
	base     *url.URL
	token    string
	software string
	http     *http.Client
}

// New makes a client. It connects to nothing yet.
func New(o Options) (*Client, error) {
	base, err := url.Parse(o.URL)
	if err != nil || base.Scheme != "https" || base.Host == "" {
		return nil, fmt.Errorf("URL %q of the service: want https://HOST:PORT", o.URL)
	}
	config, err := o.tls()
	if err != nil {
		return nil, err
	}
	timeout := o.Timeout
	if timeout == 0 {
		timeout = defaultTimeout
	}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: config, ForceAttemptHTTP2: true,
		MaxIdleConns: 2, IdleConnTimeout: time.Minute,
	}
	return &Client{
		base: base, token: o.Token, software: o.Software,
		http: &http.Client{Transport: transport, Timeout: timeout, CheckRedirect: noRedirect},
	}, nil
}

// noRedirect keeps the token from following a redirection elsewhere.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Close lets go of idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

func (o *Options) tls() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	switch {
	case len(o.CAPEM) > 0:
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(o.CAPEM) {
			return nil, errors.New("the authority's certificate: no PEM certificate in it")
		}
	case o.Pin != auth.Digest{}:
		pin := o.Pin
		// VerifyConnection takes the place of the verification that is skipped.
		config.InsecureSkipVerify = true
		config.VerifyConnection = func(s tls.ConnectionState) error {
			return auth.VerifyPinned(s.PeerCertificates, pin, s.ServerName, time.Now())
		}
	}
	return config, nil
}

// request is one question to the service.
type request struct {
	method string
	path   []string // elements, unescaped
	query  url.Values
	body   any // JSON, unless nil
	header http.Header
}

// ask sends a request and reads its answer into out, unless that is nil.
func (c *Client) ask(ctx context.Context, r request, out any) error {
	resp, err := c.send(ctx, r)
	if err != nil {
		return fmt.Errorf("ask %s: %w%s", c.base, err, hintFor(err))
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("ask %s: read the answer: %w", c.base, err)
	}
	if resp.StatusCode >= 300 {
		return problemOf(resp, body)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("ask %s: read the answer: %w; is it honeymoat that answers there?", c.base, err)
	}
	return nil
}

func (c *Client) send(ctx context.Context, r request) (*http.Response, error) {
	u := c.base.JoinPath("api", "v1")
	for _, element := range r.path {
		u = u.JoinPath(url.PathEscape(element))
	}
	u.RawQuery = r.query.Encode()
	var body io.Reader
	if r.body != nil {
		text, err := json.Marshal(r.body)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, u.String(), body)
	if err != nil {
		return nil, err
	}
	for name, values := range r.header {
		req.Header[name] = values
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if c.software != "" {
		req.Header.Set("User-Agent", c.software)
	}
	return c.http.Do(req)
}

// problemOf is the error of an answer that is none.
func problemOf(resp *http.Response, body []byte) error {
	media, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	var p wire.Problem
	if err != nil || media != wire.ProblemType || json.Unmarshal(body, &p) != nil || p.Title == "" {
		return fmt.Errorf("the service answered %s, and not as honeymoat does; is the URL right?", resp.Status)
	}
	return &p
}

// hintFor tells a person what may be wrong with a connection.
func hintFor(err error) string {
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.Is(err, auth.ErrPin):
		return "; the token is for another service, or somebody is between"
	case errors.As(err, &unknown):
		return "; give the service's own authority (ca.pem in its data directory)"
	case strings.Contains(err.Error(), "connection refused"):
		return "; is honeymoat serve running there?"
	}
	return ""
}
