package bustest

import (
	"crypto/tls"
	"crypto/x509"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/auth"
)

// certificates makes an authority, a server certificate for 127.0.0.1, and
// what a client checks it with.
func certificates(t testing.TB) (server, client *tls.Config) {
	t.Helper()
	now := time.Now()
	a, err := auth.NewAuthority("honeymoat test", now, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	files, err := a.Server([]string{"127.0.0.1"}, now, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(files.Cert, files.Key)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(a.CertPEM())
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS13},
		&tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS13}
}
