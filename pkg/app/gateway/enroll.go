package gateway

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/auth"
	"github.com/honeymoat/honeymoat/pkg/block"
)

const (
	enrolPath     = "/api/v1/agents/enroll"
	enrolTimeout  = 30 * time.Second
	maxEnrolReply = 1 << 20
)

// Enrol trades a one-time token for a credential. It says nothing to a service
// whose certificate authority is not the one that the token names.
func Enrol(ctx context.Context, serviceURL string, ask block.EnrolRequest) (Credential, error) {
	token, err := auth.ParseEnrolment(ask.Token)
	if err != nil {
		return Credential{}, fmt.Errorf("enrol: %w", err)
	}
	ask.Token = token.String()
	u, err := url.Parse(serviceURL)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return Credential{}, fmt.Errorf("enrol: service URL %q: want https://HOST:PORT", serviceURL)
	}
	base := strings.TrimSuffix(u.String(), "/")
	answer, err := postEnrolment(ctx, base+enrolPath, u.Hostname(), token.CA, ask)
	if err != nil {
		return Credential{}, fmt.Errorf("enrol with %s: %w", base, err)
	}
	c := Credential{URL: base, Enrolment: answer}
	return c, c.check(token.CA)
}

// check sees that the credential will know the same service again.
func (c Credential) check(pin auth.Digest) error {
	if !block.ValidName(c.Name) || c.Secret == "" {
		return errors.New("enrol: the service sent no name or no secret")
	}
	for rest := []byte(c.CAPEM); ; {
		var found *pem.Block
		if found, rest = pem.Decode(rest); found == nil {
			return fmt.Errorf("enrol: the service sent another authority than its own: %w", auth.ErrPin)
		}
		if sha256.Sum256(found.Bytes) == pin {
			return nil
		}
	}
}

func postEnrolment(ctx context.Context, target, host string, pin auth.Digest, ask block.EnrolRequest) (block.Enrolment, error) {
	var answer block.Enrolment
	body, err := json.Marshal(ask)
	if err != nil {
		return answer, fmt.Errorf("encode: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, enrolTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return answer, fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: pinned(pin, host), DisableKeepAlives: true}
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return answer, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxEnrolReply))
	if err != nil {
		return answer, fmt.Errorf("read answer: %w", err)
	}
	if resp.StatusCode/100 != 2 {
		return answer, refusal(resp.StatusCode, text)
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return answer, fmt.Errorf("read answer: %w", err)
	}
	return answer, nil
}

// pinned trusts nobody but the authority with this fingerprint.
func pinned(pin auth.Digest, host string) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, ServerName: host,
		InsecureSkipVerify: true, // VerifyConnection checks against the fingerprint instead
		VerifyConnection: func(s tls.ConnectionState) error {
			return auth.VerifyPinned(s.PeerCertificates, pin, host, time.Now())
		},
	}
}

func refusal(status int, text []byte) error {
	var problem struct{ Title, Detail, Hint string }
	if err := json.Unmarshal(text, &problem); err != nil || problem.Title == "" {
		return fmt.Errorf("the service answered %d %s", status, http.StatusText(status))
	}
	what := fmt.Sprintf("the service answered %d: %s", status, problem.Title)
	if problem.Detail != "" {
		what += ": " + problem.Detail
	}
	if problem.Hint != "" {
		what += " (" + problem.Hint + ")"
	}
	return errors.New(what)
}
