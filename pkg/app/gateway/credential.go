package gateway

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// CredentialFile is the file of the state directory that holds the credential.
const CredentialFile = "credential.json"

// ErrNotEnrolled tells that the state directory holds no credential.
var ErrNotEnrolled = errors.New("this agent is not enrolled; an admin makes a token with `honeymoat agents enroll`, then run `honeymoat-agent enroll`")

// Credential is who this agent is, and how it reaches and knows the service.
type Credential struct {
	URL string `json:"url"` // of the service's front
	block.Enrolment
}

// Save writes the credential into the state directory, which is made if it is
// not there, readable by its owner only.
func (c Credential) Save(dir string) error {
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("encode credential: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the state directory: %w", err)
	}
	path := filepath.Join(dir, CredentialFile)
	if err := renameio.WriteFile(path, append(data, '\n'), 0o600, renameio.WithTempDir(dir), renameio.WithStaticPermissions(0o600)); err != nil {
		return fmt.Errorf("save credential: %w", err)
	}
	return nil
}

// LoadCredential reads the credential of a state directory. The error wraps
// ErrNotEnrolled when there is none.
func LoadCredential(dir string) (Credential, error) {
	var c Credential
	path := filepath.Join(dir, CredentialFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, fmt.Errorf("no credential in %s: %w", dir, ErrNotEnrolled)
	}
	if err != nil {
		return c, fmt.Errorf("read credential: %w", err)
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return c, fmt.Errorf("read credential %s: %w (enrol again to replace it)", path, err)
	}
	if !block.ValidName(c.Name) || c.Secret == "" {
		return c, fmt.Errorf("credential %s: no name or no secret (enrol again to replace it)", path)
	}
	return c, nil
}

// trust is a TLS configuration that trusts the service's authority only.
func (c Credential) trust() (*tls.Config, error) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(c.CAPEM)) {
		return nil, errors.New("the credential's certificate authority cannot be read; enrol again")
	}
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, nil
}
