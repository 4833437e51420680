package auth

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"
)

func TestAgentBearer(t *testing.T) {
	f := func(text, name, secret string, ok bool) {
		t.Helper()
		gotName, gotSecret, gotOK := ParseAgentBearer(text)
		if gotName != name || gotSecret != secret || gotOK != ok {
			t.Errorf("%q: got %q, %q, %v", text, gotName, gotSecret, gotOK)
		}
	}
	f(AgentBearer("gw-1", "s3cret"), "gw-1", "s3cret", true)
	f(AgentBearer("gw-1", "with.dot"), "gw-1", "with.dot", true)
	f("agent.gw-1", "", "", false)
	f("agent.gw-1.", "", "", false)
	f("agent..secret", "", "", false)
	f("agent.GW.secret", "", "", false)
	f("hm_secret", "", "", false)
	f("", "", "", false)
}

func TestEnrolmentText(t *testing.T) {
	want, err := NewEnrolment(rand.Reader, DigestOf("ca"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseEnrolment(" " + want.String() + "\n")
	if err != nil || got != want {
		t.Errorf("got %v, %v", got, err)
	}
	if !want.Digest().Matches(want.String()) {
		t.Error("the digest is of the whole token")
	}
}

func TestEnrolmentRefused(t *testing.T) {
	digits := DigestOf("ca").String()
	for _, bad := range []string{
		"", "hm1.", "hm1." + digits, "hm1." + digits + ".", "hm1." + digits[2:] + ".secret",
		"hm2." + digits + ".secret", "hm1." + strings.ToUpper(digits) + ".secret", "hm1." + strings.Repeat("z", 64) + ".secret",
	} {
		_, err := ParseEnrolment(bad)
		if !errors.Is(err, ErrEnrolment) {
			t.Errorf("%q: got %v, want %v", bad, err, ErrEnrolment)
		} else if len(bad) > 20 && strings.Contains(err.Error(), bad) {
			t.Errorf("%q: the error repeats the token: %v", bad, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("hm1." + DigestOf("ca").String() + ".secret")
	f.Add("agent.gw.secret")
	f.Fuzz(func(t *testing.T, s string) {
		if e, err := ParseEnrolment(s); err == nil && e.String() != strings.TrimSpace(s) {
			t.Errorf("%q came back as %q", s, e)
		}
		if name, secret, ok := ParseAgentBearer(s); ok && AgentBearer(name, secret) != s {
			t.Errorf("%q came back as %q", s, AgentBearer(name, secret))
		}
	})
}
