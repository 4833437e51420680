package auth

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net"
	"testing"
	"time"
)

const year = 365 * 24 * time.Hour

func newTestAuthority(t *testing.T) *Authority {
	t.Helper()
	a, err := NewAuthority("honeymoat test", noon, 10*year)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func serverPEM(t *testing.T, a *Authority, hosts ...string) PEM {
	t.Helper()
	p, err := a.Server(hosts, noon, year)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func chainOf(t *testing.T, p PEM) []*x509.Certificate {
	t.Helper()
	var chain []*x509.Certificate
	for rest := p.Cert; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return chain
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		chain = append(chain, cert)
	}
}

func TestAuthorityRoundTrip(t *testing.T) {
	a := newTestAuthority(t)
	p, err := a.PEM()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseAuthority(p)
	if err != nil {
		t.Fatal(err)
	}
	if again.Fingerprint() != a.Fingerprint() || !again.cert.NotAfter.Equal(noon.Add(10*year)) {
		t.Error("another authority came back")
	}
	signed := serverPEM(t, again, "localhost")
	if err := VerifyPinned(chainOf(t, signed), a.Fingerprint(), "localhost", noon); err != nil {
		t.Error(err)
	}
}

func TestAuthorityRefused(t *testing.T) {
	a := newTestAuthority(t)
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template, err := certificate("ed25519", noon, year)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	otherKind := PEM{
		Cert: pem.EncodeToMemory(&pem.Block{Type: certBlock, Bytes: der}),
		Key:  pem.EncodeToMemory(&pem.Block{Type: keyBlock, Bytes: keyDER}),
	}
	for name, p := range map[string]PEM{
		"empty": {}, "a server's": serverPEM(t, a, "localhost"), "another kind of key": otherKind,
	} {
		if _, err := ParseAuthority(p); err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
	if _, err := a.Server(nil, noon, year); err == nil {
		t.Error("no hosts: want an error")
	}
}

func TestServerCertificate(t *testing.T) {
	a := newTestAuthority(t)
	leaf := chainOf(t, serverPEM(t, a, "honeymoat.example", "127.0.0.1", "::1"))[0]
	for _, host := range []string{"honeymoat.example", "127.0.0.1", "::1"} {
		if err := leaf.VerifyHostname(host); err != nil {
			t.Error(err)
		}
	}
	if leaf.IsCA || !leaf.NotBefore.Before(noon) || !leaf.NotAfter.Equal(noon.Add(year)) {
		t.Errorf("authority %v, good from %v to %v", leaf.IsCA, leaf.NotBefore, leaf.NotAfter)
	}
	long, err := a.Server([]string{"localhost"}, noon, 20*year)
	if err != nil {
		t.Fatal(err)
	}
	if got := chainOf(t, long)[0].NotAfter; !got.Equal(a.cert.NotAfter) {
		t.Errorf("good until %v, after its authority", got)
	}
}

func TestVerifyPinned(t *testing.T) {
	a, other := newTestAuthority(t), newTestAuthority(t)
	chain := chainOf(t, serverPEM(t, a, "localhost"))
	f := func(chain []*x509.Certificate, pin Digest, host string, now time.Time, want error) {
		t.Helper()
		if err := VerifyPinned(chain, pin, host, now); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	f(chain, a.Fingerprint(), "localhost", noon, nil)
	f(nil, a.Fingerprint(), "localhost", noon, ErrPin)
	f(chain, other.Fingerprint(), "localhost", noon, ErrPin)
	f(chain, a.Fingerprint(), "elsewhere", noon, ErrPin)
	f(chain, a.Fingerprint(), "localhost", noon.Add(2*year), ErrPin)

	// Somebody in the middle shows the true authority beside a leaf of theirs.
	forged := append(chainOf(t, serverPEM(t, other, "localhost")), chain[1])
	f(forged, a.Fingerprint(), "localhost", noon, ErrPin)
	// A fingerprint of the leaf pins nothing: it is not an authority.
	f(chain, DigestOf(string(chain[0].Raw)), "localhost", noon, ErrPin)
}

func TestPinnedHandshake(t *testing.T) {
	a, err := NewAuthority("honeymoat test", time.Now(), year)
	if err != nil {
		t.Fatal(err)
	}
	p, err := a.Server([]string{"localhost"}, time.Now(), year)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(p.Cert, p.Key)
	if err != nil {
		t.Fatal(err)
	}
	here, there := net.Pipe()
	defer func() { _, _ = here.Close(), there.Close() }()
	served := make(chan error, 1)
	go func() {
		served <- tls.Server(there, &tls.Config{Certificates: []tls.Certificate{pair}}).Handshake()
	}()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(a.CertPEM())
	if err := tls.Client(here, &tls.Config{ServerName: "localhost", RootCAs: roots}).Handshake(); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func TestNeedsRenewal(t *testing.T) {
	p := serverPEM(t, newTestAuthority(t), "localhost", "127.0.0.1")
	f := func(hosts []string, now time.Time, want bool) {
		t.Helper()
		if got, err := NeedsRenewal(p.Cert, hosts, now); err != nil || got != want {
			t.Errorf("%v at %v: got %v, %v, want %v", hosts, now, got, err, want)
		}
	}
	f([]string{"localhost"}, noon, false)
	f([]string{"localhost", "127.0.0.1"}, noon.Add(year/2), false)
	f([]string{"localhost", "api.example"}, noon, true)
	f([]string{"localhost"}, noon.Add(year*3/4), true)
	for _, bad := range []string{"", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"} {
		if _, err := NeedsRenewal([]byte(bad), nil, noon); err == nil {
			t.Errorf("%q: want an error", bad)
		}
	}
}
