package httpapi

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// recheck is how often the files of a certificate are looked at.
const recheck = 5 * time.Second

// keyPair is a certificate that is read again when its files change, so that
// a renewal needs no restart.
type keyPair struct {
	certFile, keyFile string
	now               func() time.Time
	log               *slog.Logger

	mu      sync.Mutex
	cert    *tls.Certificate
	stamp   stamp
	checked time.Time
}

// stamp tells one state of two files from another.
type stamp struct {
	certTime, keyTime time.Time
	certSize, keySize int64
}

func newKeyPair(certFile, keyFile string, now func() time.Time, log *slog.Logger) (*keyPair, error) {
	k := &keyPair{certFile: certFile, keyFile: keyFile, now: now, log: log, checked: now()}
	var err error
	if k.stamp, err = k.look(); err != nil {
		return nil, fmt.Errorf("look at the certificate: %w", err)
	}
	if k.cert, err = k.load(); err != nil {
		return nil, err
	}
	return k, nil
}

// get is a tls.Config's GetCertificate.
func (k *keyPair) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if now := k.now(); now.Sub(k.checked) >= recheck {
		k.checked = now
		k.refresh()
	}
	return k.cert, nil
}

func (k *keyPair) refresh() {
	seen, err := k.look()
	if err != nil || seen == k.stamp {
		// Files that are away for a moment are being replaced.
		return
	}
	cert, err := k.load()
	if err != nil {
		// The two files may have been caught between two writes: the stamp
		// stays, so that the next look tries again.
		k.log.Warn("the certificate has changed and cannot be used; the old one stays in use", "file", k.certFile, "error", err)
		return
	}
	k.cert, k.stamp = cert, seen
	k.log.Info("the certificate was renewed", "file", k.certFile, "not_after", cert.Leaf.NotAfter)
}

func (k *keyPair) look() (stamp, error) {
	cert, err := os.Stat(k.certFile)
	if err != nil {
		return stamp{}, err
	}
	key, err := os.Stat(k.keyFile)
	if err != nil {
		return stamp{}, err
	}
	return stamp{cert.ModTime(), key.ModTime(), cert.Size(), key.Size()}, nil
}

func (k *keyPair) load() (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(k.certFile, k.keyFile)
	if err != nil {
		return nil, fmt.Errorf("read the certificate %s and its key %s: %w", k.certFile, k.keyFile, err)
	}
	return &pair, nil
}
