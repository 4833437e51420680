package auth

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
)

// agentPrefix marks an agent's bearer credential, enrolmentPrefix a one-time
// enrolment token of the first format.
const (
	agentPrefix     = "agent."
	enrolmentPrefix = "hm1."
)

// AgentBearer is an agent's credential as it is sent over HTTP, after
// "Bearer ": "agent.NAME.SECRET".
func AgentBearer(name, secret string) string { return agentPrefix + name + "." + secret }

// ParseAgentBearer is the inverse of AgentBearer. It tells by ok whether the
// text has the shape of an agent's credential, not whether it is a good one.
func ParseAgentBearer(text string) (name, secret string, ok bool) {
	rest, ok := strings.CutPrefix(text, agentPrefix)
	if !ok {
		return "", "", false
	}
	name, secret, ok = strings.Cut(rest, ".")
	if !ok || !validName(name) || secret == "" {
		return "", "", false
	}
	return name, secret, true
}

// Enrolment is a one-time token that makes an agent: it names the certificate
// authority of the service, so that the agent knows whom it talks to before it
// says anything, and carries a secret.
type Enrolment struct {
	CA     Digest // SHA-256 of the authority's certificate in DER
	Secret string
}

// ErrEnrolment is wrapped by errors about the text of an enrolment token.
var ErrEnrolment = errors.New("malformed enrolment token")

// NewEnrolment makes an enrolment token for a service whose authority has the
// fingerprint ca.
func NewEnrolment(random io.Reader, ca Digest) (Enrolment, error) {
	secret, err := NewSecret(random)
	if err != nil {
		return Enrolment{}, err
	}
	return Enrolment{CA: ca, Secret: secret}, nil
}

// String is the token as it is handed to whoever installs the agent:
// "hm1.<64 hex digits>.<43 characters>".
func (e Enrolment) String() string { return enrolmentPrefix + e.CA.String() + "." + e.Secret }

// Digest is what the service keeps of the token.
func (e Enrolment) Digest() Digest { return DigestOf(e.String()) }

// ParseEnrolment is the inverse of String. Errors wrap ErrEnrolment and never
// repeat the token.
func ParseEnrolment(s string) (Enrolment, error) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(s), enrolmentPrefix)
	if !ok {
		return Enrolment{}, fmt.Errorf("%w: it does not begin with %q; copy all of what `honeymoat agents enroll` printed", ErrEnrolment, enrolmentPrefix)
	}
	digits, secret, ok := strings.Cut(rest, ".")
	raw, err := hex.DecodeString(digits)
	if !ok || err != nil || len(raw) != len(Digest{}) || digits != strings.ToLower(digits) || secret == "" {
		return Enrolment{}, fmt.Errorf("%w: want hm1.<64 hex digits>.<secret>; is it cut short?", ErrEnrolment)
	}
	return Enrolment{CA: Digest(raw), Secret: secret}, nil
}

// validName has the rule of block.ValidName, of which this package knows
// nothing: names of tokens and agents end up in the same places.
func validName(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-_", r)
	})
}
