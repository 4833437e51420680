package service

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"

	"github.com/honeymoat/honeymoat/pkg/auth"
)

const (
	authorityLifetime = 10 * 365 * 24 * time.Hour
	serverLifetime    = 90 * 24 * time.Hour
)

// identity is how this service proves who it is: to people's clients and to
// agents.
type identity struct {
	authority *auth.Authority
	server    auth.PEM
}

// openIdentity reads the authority and the server's certificate, and makes
// what is missing or about to run out.
func openIdentity(d DataDir, hosts []string, now time.Time) (identity, error) {
	authority, err := openAuthority(d, now)
	if err != nil {
		return identity{}, err
	}
	files := pemFiles(d, "server")
	server, err := files.read()
	renew := errors.Is(err, fs.ErrNotExist)
	if err == nil {
		renew, err = auth.NeedsRenewal(server.Cert, hosts, now)
	}
	if err != nil && !renew {
		return identity{}, fmt.Errorf("server certificate: %w", err)
	}
	if renew {
		if server, err = authority.Server(hosts, now, serverLifetime); err != nil {
			return identity{}, fmt.Errorf("server certificate: %w", err)
		}
		if err := files.write(server); err != nil {
			return identity{}, fmt.Errorf("server certificate: %w", err)
		}
	}
	return identity{authority: authority, server: server}, nil
}

func openAuthority(d DataDir, now time.Time) (*auth.Authority, error) {
	files := pemFiles(d, "ca")
	pem, err := files.read()
	if err == nil {
		authority, err := auth.ParseAuthority(pem)
		if err != nil {
			return nil, fmt.Errorf("certificate authority in %s: %w", files.cert, err)
		}
		return authority, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("certificate authority: %w", err)
	}
	authority, err := auth.NewAuthority("honeymoat", now, authorityLifetime)
	if err != nil {
		return nil, fmt.Errorf("certificate authority: %w", err)
	}
	if pem, err = authority.PEM(); err == nil {
		err = files.write(pem)
	}
	if err == nil {
		err = renameio.WriteFile(d.CA(), pem.Cert, 0o644)
	}
	if err != nil {
		return nil, fmt.Errorf("keep certificate authority: %w", err)
	}
	return authority, nil
}

type pemPair struct{ cert, key string }

func pemFiles(d DataDir, name string) pemPair {
	base := filepath.Join(d.Secrets(), name)
	return pemPair{cert: base + ".pem", key: base + ".key"}
}

func (p pemPair) read() (auth.PEM, error) {
	cert, err := os.ReadFile(p.cert)
	if err != nil {
		return auth.PEM{}, err
	}
	key, err := os.ReadFile(p.key)
	return auth.PEM{Cert: cert, Key: key}, err
}

// write puts the key first: a certificate without its key would look whole.
func (p pemPair) write(pem auth.PEM) error {
	if err := renameio.WriteFile(p.key, pem.Key, 0o600); err != nil {
		return err
	}
	return renameio.WriteFile(p.cert, pem.Cert, 0o600)
}
