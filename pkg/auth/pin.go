package auth

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"time"
)

// NeedsRenewal tells whether less than a third of a certificate's lifetime is
// left, or it is not for all of the hosts.
func NeedsRenewal(certPEM []byte, hosts []string, now time.Time) (bool, error) {
	block, _ := pem.Decode(certPEM)
	if block == nil {
		return false, errors.New("read the certificate: no PEM block in it")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return false, fmt.Errorf("read the certificate: %w", err)
	}
	for _, host := range hosts {
		if cert.VerifyHostname(host) != nil {
			return true, nil
		}
	}
	left := cert.NotAfter.Sub(now)
	return left < cert.NotAfter.Sub(cert.NotBefore)/3, nil
}

// ErrPin is wrapped by errors of VerifyPinned.
var ErrPin = errors.New("the service is not the one that the token is for")

// VerifyPinned checks the certificates that a server sent, leaf first: one of
// them must have the fingerprint, be an authority, and vouch for the host. It
// is for a tls.Config's VerifyConnection, where no root is trusted yet.
func VerifyPinned(chain []*x509.Certificate, pin Digest, host string, now time.Time) error {
	if len(chain) == 0 {
		return fmt.Errorf("%w: it sent no certificate", ErrPin)
	}
	roots, intermediates, found := x509.NewCertPool(), x509.NewCertPool(), false
	for _, cert := range chain {
		if sha256.Sum256(cert.Raw) == pin && cert.IsCA {
			roots.AddCert(cert)
			found = true
		} else {
			intermediates.AddCert(cert)
		}
	}
	if !found {
		return fmt.Errorf("%w: its authority has another fingerprint", ErrPin)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{
		DNSName: host, Roots: roots, Intermediates: intermediates, CurrentTime: now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrPin, err)
	}
	return nil
}
