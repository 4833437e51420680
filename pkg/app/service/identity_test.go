package service

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/auth"
)

func openDir(t *testing.T) DataDir {
	t.Helper()
	d, err := OpenDataDir(filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestIdentityIsKeptAndRenewed(t *testing.T) {
	d, now := openDir(t), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	open := func(now time.Time, hosts ...string) identity {
		t.Helper()
		id, err := openIdentity(d, hosts, now)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tls.X509KeyPair(id.server.Cert, id.server.Key); err != nil {
			t.Fatal(err)
		}
		return id
	}
	first := open(now, "localhost")
	again := open(now.Add(time.Hour), "localhost")
	if string(first.server.Cert) != string(again.server.Cert) {
		t.Error("a restart made another certificate")
	}
	named := open(now.Add(time.Hour), "localhost", "moat.example.net")
	if string(named.server.Cert) == string(first.server.Cert) {
		t.Error("a new name is not in the certificate")
	}
	late := open(now.Add(80*24*time.Hour), "localhost", "moat.example.net")
	if string(late.server.Cert) == string(named.server.Cert) {
		t.Error("a certificate that runs out was not renewed")
	}
	if late.authority.Fingerprint() != first.authority.Fingerprint() {
		t.Error("the authority changed: every agent would have to enrol again")
	}
}

func TestSecretsAndTokensAreMadeOnceAndPrivate(t *testing.T) {
	d := openDir(t)
	one, err := d.Secret("bus.key")
	if err != nil {
		t.Fatal(err)
	}
	two, err := d.Secret("bus.key")
	if err != nil || one != two || len(one) < 32 {
		t.Errorf("secret %q became %q, %v", one, two, err)
	}
	file := filepath.Join(string(d), "tokens.yaml")
	for range 2 {
		tokens, err := openTokens(d, file)
		if err != nil || tokens.Len() != 1 {
			t.Fatalf("%d tokens, %v", tokens.Len(), err)
		}
		text, err := os.ReadFile(d.AdminToken())
		if err != nil {
			t.Fatal(err)
		}
		if token, err := tokens.Find(string(text[:len(text)-1]), time.Now()); err != nil || token.Role != auth.Admin {
			t.Errorf("the first token: %+v, %v", token, err)
		}
	}
	err = filepath.Walk(string(d), func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().Perm()&0o077 != 0 && path != d.CA() {
			t.Errorf("%s is readable by others: %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
