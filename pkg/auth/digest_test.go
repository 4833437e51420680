package auth

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestDigestText(t *testing.T) {
	want := DigestOf("open sesame")
	var got Digest
	text, err := want.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	if err := got.UnmarshalText(text); err != nil || got != want {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	for _, bad := range []string{"", "00", strings.Repeat("0", 65), strings.Repeat("z", 64)} {
		if err := got.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q: want an error", bad)
		}
	}
}

func TestDigestMatches(t *testing.T) {
	d := DigestOf("secret")
	if !d.Matches("secret") || d.Matches("Secret") || d.Matches("") {
		t.Error("a digest matches its secret only")
	}
	if (Digest{}).Matches("") {
		t.Error("the zero digest matches nothing")
	}
}

func TestSecretsDiffer(t *testing.T) {
	a, err := NewSecret(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewSecret(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if a == b || len(a) != 43 {
		t.Errorf("got %q and %q, want two of 43 characters", a, b)
	}
}

func TestSecretNeedsRandomness(t *testing.T) {
	cause := errors.New("no entropy")
	for _, random := range []io.Reader{iotest.ErrReader(cause), bytes.NewReader([]byte("short"))} {
		if s, err := NewSecret(random); err == nil {
			t.Errorf("got %q, want an error", s)
		}
	}
	if _, err := NewToken(iotest.ErrReader(cause)); !errors.Is(err, cause) {
		t.Errorf("got %v, want the cause", err)
	}
	if _, err := NewEnrolment(iotest.ErrReader(cause), Digest{}); !errors.Is(err, cause) {
		t.Errorf("got %v, want the cause", err)
	}
}
