package auth

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newToken(t *testing.T) string {
	t.Helper()
	text, err := NewToken(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestTokenShape(t *testing.T) {
	if text := newToken(t); !strings.HasPrefix(text, "hm_") || len(text) != 46 {
		t.Errorf("got %q", text)
	}
}

func TestTokensFind(t *testing.T) {
	forever, expiring := newToken(t), newToken(t)
	tokens, err := NewTokens([]Token{
		{Name: "grafana", Role: Viewer, Digest: DigestOf(forever)},
		{Name: "shift", Role: Analyst, Digest: DigestOf(expiring), ExpiresAt: noon},
	})
	if err != nil {
		t.Fatal(err)
	}
	f := func(text string, now time.Time, wantName string, wantErr error) {
		t.Helper()
		got, err := tokens.Find(text, now)
		if got.Name != wantName || !errors.Is(err, wantErr) {
			t.Errorf("got %q, %v, want %q, %v", got.Name, err, wantName, wantErr)
		}
	}
	f(forever, noon, "grafana", nil)
	f(expiring, noon.Add(-1), "shift", nil)
	f(expiring, noon, "", ErrExpired)
	f(forever+"x", noon, "", ErrUnknown)
	f("", noon, "", ErrUnknown)
	f(DigestOf(forever).String(), noon, "", ErrUnknown)
	if tokens.Len() != 2 {
		t.Errorf("got %d tokens, want 2", tokens.Len())
	}
}

func TestNoTokens(t *testing.T) {
	var tokens *Tokens
	if _, err := tokens.Find("hm_x", noon); !errors.Is(err, ErrUnknown) || tokens.Len() != 0 {
		t.Errorf("got %v, want %v of no table", err, ErrUnknown)
	}
}

func TestTokensRefused(t *testing.T) {
	d := DigestOf("one")
	f := func(want string, tokens ...Token) {
		t.Helper()
		if _, err := NewTokens(tokens); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
	f("token name", Token{Role: Viewer, Digest: d})
	f("token name", Token{Name: "Somebody Else", Role: Viewer, Digest: d})
	f("token name", Token{Name: strings.Repeat("a", 65), Role: Viewer, Digest: d})
	f("no role", Token{Name: "a", Digest: d})
	f("no role", Token{Name: "a", Role: 9, Digest: d})
	f("no digest", Token{Name: "a", Role: Viewer})
	f("twice", Token{Name: "a", Role: Viewer, Digest: d}, Token{Name: "a", Role: Viewer, Digest: DigestOf("two")})
	f("same as", Token{Name: "a", Role: Viewer, Digest: d}, Token{Name: "b", Role: Admin, Digest: d})
}

func TestMayFetch(t *testing.T) {
	f := func(token Token, segment string, want bool) {
		t.Helper()
		if got := token.MayFetch(segment, "all"); got != want {
			t.Errorf("%+v for %s: %v", token, segment, got)
		}
	}
	f(Token{Role: Bouncer}, "all", true)
	f(Token{Role: Bouncer}, "eu", false)
	f(Token{Role: Bouncer, Segments: []string{"eu"}}, "eu", true)
	f(Token{Role: Bouncer, Segments: []string{"eu"}}, "us", false)
	f(Token{Role: Viewer}, "us", true)
	f(Token{Role: Admin}, "us", true)
	f(Token{Role: Ingest}, "all", false)
	f(Token{}, "all", false)
	if _, err := NewTokens([]Token{{Name: "x", Role: Viewer, Digest: DigestOf("x"), Segments: []string{"eu"}}}); err == nil {
		t.Error("a viewer's token with segments was taken")
	}
}

func TestMayPush(t *testing.T) {
	f := func(token Token, source string, want bool) {
		t.Helper()
		if got := token.MayPush(source); got != want {
			t.Errorf("%+v for %s: %v", token, source, got)
		}
	}
	f(Token{Role: Ingest}, "edge", true)
	f(Token{Role: Ingest, Sources: []string{"kong", "edge"}}, "edge", true)
	f(Token{Role: Ingest, Sources: []string{"kong"}}, "edge", false)
	f(Token{Role: Admin}, "edge", true)
	f(Token{Role: Analyst}, "edge", false)
	f(Token{}, "edge", false)
	if _, err := NewTokens([]Token{{Name: "x", Role: Viewer, Digest: DigestOf("x"), Sources: []string{"edge"}}}); err == nil {
		t.Error("a viewer's token with sources was taken")
	}
}
