package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"time"
)

// skew is how far the clocks of others may be behind ours: certificates are
// good from that long before they are made.
const skew = time.Hour

// Authority is a certificate authority of our own, made at the first start.
// It is immutable.
type Authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// PEM is a certificate (with its chain) and its private key, as files hold
// them.
type PEM struct {
	Cert []byte
	Key  []byte // a secret: write it with mode 0600
}

// NewAuthority makes an authority that is good from an hour before now until
// lifetime after it. The keys are ECDSA on P-256.
func NewAuthority(name string, now time.Time, lifetime time.Duration) (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the authority's key: %w", err)
	}
	template, err := certificate(name, now, lifetime)
	if err != nil {
		return nil, err
	}
	template.IsCA, template.BasicConstraintsValid, template.MaxPathLenZero = true, true, true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("sign the authority's certificate: %w", err)
	}
	return newAuthority(der, key)
}

func newAuthority(der []byte, key *ecdsa.PrivateKey) (*Authority, error) {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("read the authority's certificate: %w", err)
	}
	return &Authority{cert: cert, key: key}, nil
}

// ParseAuthority reads what PEM wrote.
func ParseAuthority(p PEM) (*Authority, error) {
	pair, err := tls.X509KeyPair(p.Cert, p.Key)
	if err != nil {
		return nil, fmt.Errorf("read the authority: %w", err)
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("read the authority: its key is a %T; want one of ECDSA", pair.PrivateKey)
	}
	a, err := newAuthority(pair.Certificate[0], key)
	if err != nil {
		return nil, err
	}
	if !a.cert.IsCA {
		return nil, errors.New("read the authority: its certificate is not one of a certificate authority")
	}
	return a, nil
}

// PEM is the authority as files hold it.
func (a *Authority) PEM() (PEM, error) { return encode(a.key, a.cert.Raw) }

// CertPEM is the authority's certificate without its key, for those who are to
// trust it.
func (a *Authority) CertPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: certBlock, Bytes: a.cert.Raw})
}

// Fingerprint is the SHA-256 of the authority's certificate in DER.
func (a *Authority) Fingerprint() Digest { return sha256.Sum256(a.cert.Raw) }

// Server makes a server's certificate for the hosts, which are DNS names or
// addresses. Its chain holds the authority too, so that a client that knows
// no more than the fingerprint can check it (VerifyPinned). It is never good
// for longer than the authority.
func (a *Authority) Server(hosts []string, now time.Time, lifetime time.Duration) (PEM, error) {
	if len(hosts) == 0 {
		return PEM{}, errors.New("make a server certificate: want at least one host")
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return PEM{}, fmt.Errorf("make a server key: %w", err)
	}
	template, err := certificate(hosts[0], now, lifetime)
	if err != nil {
		return PEM{}, err
	}
	if template.NotAfter.After(a.cert.NotAfter) {
		template.NotAfter = a.cert.NotAfter
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return PEM{}, fmt.Errorf("sign the certificate of %q: %w", hosts[0], err)
	}
	return encode(key, der, a.cert.Raw)
}

const (
	certBlock = "CERTIFICATE"
	keyBlock  = "PRIVATE KEY"
)

func certificate(name string, now time.Time, lifetime time.Duration) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, fmt.Errorf("make a serial number: %w", err)
	}
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name, Organization: []string{"honeymoat"}},
		NotBefore:    now.Add(-skew).UTC(),
		NotAfter:     now.Add(lifetime).UTC(),
	}, nil
}

func encode(key *ecdsa.PrivateKey, chain ...[]byte) (PEM, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return PEM{}, fmt.Errorf("write a private key: %w", err)
	}
	p := PEM{Key: pem.EncodeToMemory(&pem.Block{Type: keyBlock, Bytes: der})}
	for _, raw := range chain {
		p.Cert = append(p.Cert, pem.EncodeToMemory(&pem.Block{Type: certBlock, Bytes: raw})...)
	}
	return p, nil
}
