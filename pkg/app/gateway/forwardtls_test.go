package gateway

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/agent/agenttest"
)

// selfSigned writes a certificate and its key into dir.
func selfSigned(t *testing.T, dir string) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	certificate, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write(t, certificate, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	write(t, key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs})))
	return certificate, key
}

// TestForwardAuthOverTLS: a gateway that shows a certificate of the authority
// is answered, and one that shows another is not even heard.
func TestForwardAuthOverTLS(t *testing.T) {
	dir, stranger := shortDir(t), shortDir(t)
	certificate, key := selfSigned(t, dir)
	r := start(t, agenttest.New(), dir, configure(t, dir, fmt.Sprintf(
		"gateways: {forward_auth: {listen: '127.0.0.1:0', certificate: %[1]s, key: %[2]s, client_ca: %[1]s}}\n", certificate, key)))
	f := func(certificate, key string) error {
		pair, err := tls.LoadX509KeyPair(certificate, key)
		if err != nil {
			t.Fatal(err)
		}
		transport := &http.Transport{TLSClientConfig: &tls.Config{Certificates: []tls.Certificate{pair}, InsecureSkipVerify: true}}
		defer transport.CloseIdleConnections()
		a, err := fetch(&http.Client{Transport: transport}, "https://"+r.Address("forward-auth").String()+"/", map[string]string{"X-Forwarded-For": "192.0.2.1"})
		if err == nil && a.status != 200 {
			err = fmt.Errorf("status %d", a.status)
		}
		return err
	}
	if err := f(certificate, key); err != nil {
		t.Error(err)
	}
	if err := f(selfSigned(t, stranger)); err == nil {
		t.Error("a stranger's certificate was taken")
	}
}

func TestForwardSecret(t *testing.T) {
	f := func(text, want, problem string) {
		t.Helper()
		file := filepath.Join(t.TempDir(), "secret")
		write(t, file, text)
		got, err := forwardSecret(file)
		if got != want || (problem == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), problem) {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	f("0123456789abcdef\n", "0123456789abcdef", "")
	f("short\n", "", "at least 16")
	if got, err := forwardSecret(""); got != "" || err != nil {
		t.Errorf("no file: %q, %v", got, err)
	}
	if _, err := forwardSecret("/none"); err == nil {
		t.Error("a file that is not there")
	}
}
