package wso2

import (
	"cmp"
	"context"
	"net/http"
	"sync"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// Login is how a client of the Admin API gets its tokens.
type Login struct {
	TokenURL     string // https://wso2.example.net:9443/oauth2/token
	ClientID     string
	ClientSecret string
	// User and Password ask for the password grant, which WSO2's own client
	// registration gives; without a user it is that of client credentials.
	User, Password string
}

// scopes of a token: those of deny policies, under their name of today and
// that of the whole Admin API.
var scopes = []string{"apim:admin", "apim:bl_view", "apim:bl_manage"}

// NewClient makes a client that has a token with every request, and gets
// another when it has ended or is refused. base sends the requests; nil is
// Go's default.
func NewClient(base *http.Client, l Login) *http.Client {
	base = cmp.Or(base, http.DefaultClient)
	authorized := *base
	authorized.Transport = &authorizer{base: base, login: l}
	return &authorized
}

// authorizer puts a token into requests. It is safe for concurrent use.
type authorizer struct {
	base  *http.Client
	login Login

	mu     sync.Mutex
	tokens oauth2.TokenSource // nil: begin anew
}

// RoundTrip implements http.RoundTripper.
func (a *authorizer) RoundTrip(r *http.Request) (*http.Response, error) {
	source := a.source()
	resp, err := (&oauth2.Transport{Source: source, Base: a.base.Transport}).RoundTrip(r)
	if err == nil && resp.StatusCode == http.StatusUnauthorized {
		a.forget(source)
	}
	return resp, err
}

func (a *authorizer) source() oauth2.TokenSource {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.tokens == nil {
		a.tokens = a.login.tokens(context.WithValue(context.Background(), oauth2.HTTPClient, a.base))
	}
	return a.tokens
}

// forget drops a token that was taken back.
func (a *authorizer) forget(source oauth2.TokenSource) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.tokens == source {
		a.tokens = nil
	}
}

func (l Login) tokens(ctx context.Context) oauth2.TokenSource {
	if l.User == "" {
		c := clientcredentials.Config{ClientID: l.ClientID, ClientSecret: l.ClientSecret, TokenURL: l.TokenURL, Scopes: scopes}
		return c.TokenSource(ctx)
	}
	c := &oauth2.Config{ClientID: l.ClientID, ClientSecret: l.ClientSecret, Endpoint: oauth2.Endpoint{TokenURL: l.TokenURL}, Scopes: scopes}
	return oauth2.ReuseTokenSource(nil, passwordSource{ctx, c, l})
}

// passwordSource gets a token by the password grant each time it is asked.
type passwordSource struct {
	ctx    context.Context // as oauth2 has it: it carries the client
	config *oauth2.Config
	login  Login
}

// Token implements oauth2.TokenSource.
func (s passwordSource) Token() (*oauth2.Token, error) {
	return s.config.PasswordCredentialsToken(s.ctx, s.login.User, s.login.Password)
}
