package gateway

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/enforce/httpauth"
)

// answerForwardAuth opens where gateways ask whose client gets the answer, if
// it is on.
func (g *Gateway) answerForwardAuth(ctx context.Context, now live) error {
	c := g.config.Gateways.ForwardAuth
	if c.Listen == "" {
		return nil
	}
	secret, err := forwardSecret(c.SecretFile)
	if err != nil {
		return err
	}
	opts := httpauth.ForwardOptions{
		Decider: g.decider, Identify: g.identities.fill, Trusted: now.trusted, Secret: secret, RequestID: c.RequestID,
		RestoresStatus: c.Restores, DenyUnknown: c.OnUnknown == "deny", Metrics: g.registry,
	}
	if g.responder != nil {
		opts.Decoys = http.Handler(g.responder)
	}
	handler, err := httpauth.NewForward(opts)
	if err != nil {
		return err
	}
	l, err := g.listen(ctx, "forward-auth", c.Listen)
	if err != nil {
		return err
	}
	if l, err = secured(l, c); err != nil {
		return err
	}
	g.add("forward-auth", func(ctx context.Context) error {
		return httpauth.Serve(ctx, l, handler, g.log.With("part", "forward-auth"))
	})
	return nil
}

// secured puts TLS around a listener where it is configured.
func secured(l net.Listener, c config.ForwardAuth) (net.Listener, error) {
	if c.Certificate == "" {
		return l, nil
	}
	pair, err := tls.LoadX509KeyPair(c.Certificate, c.Key)
	if err != nil {
		return nil, fmt.Errorf("gateways.forward_auth: read certificate and key: %w", err)
	}
	t := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	if c.ClientCA == "" {
		return tls.NewListener(l, t), nil
	}
	pem, err := os.ReadFile(c.ClientCA)
	if err != nil {
		return nil, fmt.Errorf("gateways.forward_auth: read client_ca: %w", err)
	}
	t.ClientCAs, t.ClientAuth = x509.NewCertPool(), tls.VerifyClientCertIfGiven
	if !t.ClientCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("gateways.forward_auth: %s holds no certificate", c.ClientCA)
	}
	return tls.NewListener(l, t), nil
}

// forwardSecret reads a file with one secret; an empty name is none.
func forwardSecret(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("gateways.forward_auth: read secret_file: %w", err)
	}
	secret := strings.TrimSpace(string(data))
	if len(secret) < 16 {
		return "", fmt.Errorf("gateways.forward_auth: %s holds %d characters: want at least 16", file, len(secret))
	}
	return secret, nil
}
