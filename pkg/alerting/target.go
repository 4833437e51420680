package alerting

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
)

// Target is one Alertmanager.
type Target struct {
	// URL is where it listens, with its route prefix if it has one and
	// without /api/v2: http://alertmanager:9093.
	URL string
	// Username and Password are for basic authentication.
	Username, Password string
	// BearerToken goes into the Authorization header. Not with Username.
	BearerToken string
	// TLS is the client side of https; nil trusts the system's authorities.
	// Not with Transport.
	TLS *tls.Config
	// Transport carries the requests; nil dials URL. The embedded
	// Alertmanager gives its own, and no port is opened.
	Transport http.RoundTripper
}

// LogValue keeps credentials out of logs.
func (t Target) LogValue() slog.Value {
	return slog.StringValue(t.name())
}

// name is the URL without anything secret.
func (t Target) name() string {
	u, err := url.Parse(t.URL)
	if err != nil {
		return "(not a URL)"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

func (t Target) parse() (*url.URL, error) {
	u, err := url.Parse(t.URL)
	if err != nil {
		return nil, fmt.Errorf("alertmanager URL: %w", errors.Unwrap(err))
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		return nil, fmt.Errorf("alertmanager URL %q: write it as http://host:9093 or https://host", t.name())
	case u.User != nil:
		return nil, fmt.Errorf("alertmanager URL %q holds credentials: give username and password on their own", t.name())
	case t.Username != "" && t.BearerToken != "":
		return nil, fmt.Errorf("alertmanager %q has a username and a bearer token: give one of them", t.name())
	case t.TLS != nil && t.Transport != nil:
		return nil, fmt.Errorf("alertmanager %q has TLS settings and a transport of its own: give one of them", t.name())
	}
	return u, nil
}

// transport gives what carries requests, and what ends its idle connections.
func (t Target) transport() (http.RoundTripper, func()) {
	if t.Transport != nil {
		return t.Transport, func() {}
	}
	dial := http.DefaultTransport.(*http.Transport).Clone()
	dial.TLSClientConfig = t.TLS
	return dial, dial.CloseIdleConnections
}
