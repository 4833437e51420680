package auth

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// Errors of Tokens.Find.
var (
	// ErrUnknown: no token like this one.
	ErrUnknown = errors.New("unknown token")
	// ErrExpired: the token was good once.
	ErrExpired = errors.New("the token has expired")
)

// tokenPrefix lets scanners for leaked secrets recognise a token.
const tokenPrefix = "hm_"

// Token is what is kept of a bearer token.
type Token struct {
	Name      string    `json:"name"` // who holds it, for audits: 1 to 64 of a-z, 0-9, - and _
	Role      Role      `json:"role"`
	Digest    Digest    `json:"digest"`
	ExpiresAt time.Time `json:"expires_at,omitzero"` // zero = never
	// Sources are those for which a token of role Ingest may push; empty = all.
	Sources []string `json:"sources,omitempty"`
	// Segments are those whose blocks a token of role Bouncer may fetch, besides
	// the one that everybody gets.
	Segments []string `json:"segments,omitempty"`
}

// MayPush tells whether the token may push logs of a source.
func (t *Token) MayPush(source string) bool {
	return t.Role.Allows(Ingest) && (len(t.Sources) == 0 || slices.Contains(t.Sources, source))
}

// MayFetch tells whether the token may fetch the blocks of a segment; common is
// the name of the one that everybody gets.
func (t *Token) MayFetch(segment, common string) bool {
	if t.Role == Bouncer {
		return segment == common || slices.Contains(t.Segments, segment)
	}
	return t.Role.Allows(Bouncer)
}

// NewToken makes the text of a bearer token, which its holder gets to see
// once: "hm_" and 43 characters.
func NewToken(random io.Reader) (string, error) {
	secret, err := NewSecret(random)
	if err != nil {
		return "", err
	}
	return tokenPrefix + secret, nil
}

// Tokens is an immutable table of tokens, safe for concurrent use. A nil one
// is empty.
type Tokens struct{ byDigest map[Digest]Token }

// NewTokens makes a table. It fails on a token without name, role or digest,
// and on two with one name or one digest.
func NewTokens(tokens []Token) (*Tokens, error) {
	table := &Tokens{byDigest: make(map[Digest]Token, len(tokens))}
	names := make(map[string]bool, len(tokens))
	for _, t := range tokens {
		if err := t.validate(); err != nil {
			return nil, err
		}
		if other, ok := table.byDigest[t.Digest]; ok {
			return nil, fmt.Errorf("token %q is the same as token %q: give each its own", t.Name, other.Name)
		}
		if names[t.Name] {
			return nil, fmt.Errorf("token %q is there twice", t.Name)
		}
		names[t.Name] = true
		table.byDigest[t.Digest] = t
	}
	return table, nil
}

func (t *Token) validate() error {
	switch {
	case !validName(t.Name):
		return fmt.Errorf("token name %q: want 1 to 64 of the characters a-z, 0-9, - and _", t.Name)
	case t.Role < Viewer || t.Role > Bouncer:
		return fmt.Errorf("token %q has no role: want viewer, analyst, admin, ingest or bouncer", t.Name)
	case len(t.Sources) > 0 && t.Role != Ingest:
		return fmt.Errorf("token %q has sources: they are for the role ingest", t.Name)
	case len(t.Segments) > 0 && t.Role != Bouncer:
		return fmt.Errorf("token %q has segments: they are for the role bouncer", t.Name)
	case t.Digest == Digest{}:
		return fmt.Errorf("token %q has no digest: want the SHA-256 of the token", t.Name)
	}
	return nil
}

// Find gives the token with this text. The error is ErrUnknown or ErrExpired.
//
// The table is searched by digest: how long that takes tells about the digest
// of what was sent, which says nothing about the secrets in the table.
func (t *Tokens) Find(text string, now time.Time) (Token, error) {
	if t == nil {
		return Token{}, ErrUnknown
	}
	found, ok := t.byDigest[DigestOf(text)]
	if !ok || !found.Digest.Matches(text) {
		return Token{}, ErrUnknown
	}
	if !found.ExpiresAt.IsZero() && !now.Before(found.ExpiresAt) {
		return Token{}, fmt.Errorf("token %q: %w", found.Name, ErrExpired)
	}
	return found, nil
}

// Len is the number of tokens.
func (t *Tokens) Len() int {
	if t == nil {
		return 0
	}
	return len(t.byDigest)
}

// Segments lists those whose blocks tokens may fetch, in order.
func (t *Tokens) Segments() []string {
	if t == nil {
		return nil
	}
	var list []string
	for _, token := range t.byDigest {
		list = append(list, token.Segments...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}
