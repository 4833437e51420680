package service

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"

	"github.com/honeymoat/honeymoat/pkg/auth"
)

// DataDir is where everything lies that outlives the process. All of it is
// readable by its owner only.
type DataDir string

// OpenDataDir makes the directory if need be.
func OpenDataDir(path string) (DataDir, error) {
	d := DataDir(path)
	for _, dir := range []string{path, d.Secrets(), d.BusDir(), d.StoreDir(), d.AlertmanagerDir()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return "", fmt.Errorf("data directory: %w (set data_dir to a place that this user may write to)", err)
		}
	}
	if err := os.Chmod(path, 0o700); err != nil {
		return "", fmt.Errorf("data directory: %w", err)
	}
	return d, nil
}

func (d DataDir) join(name string) string { return filepath.Join(string(d), name) }

// Secrets holds keys and passwords, a file each.
func (d DataDir) Secrets() string { return d.join("secrets") }

// BusDir holds JetStream's files, encrypted.
func (d DataDir) BusDir() string { return d.join("bus") }

// StoreDir holds the embedded engine's files.
func (d DataDir) StoreDir() string { return d.join("store") }

// AlertmanagerDir holds silences and the notification log.
func (d DataDir) AlertmanagerDir() string { return d.join("alertmanager") }

// QuarantineDir holds the raw bytes of records that could not be parsed.
func (d DataDir) QuarantineDir() string { return d.join("quarantine") }

// Positions is the file that tells how far each log has been read.
func (d DataDir) Positions() string { return d.join("positions.json") }

// AdminToken is the file with the first admin's token, which commands on this
// host use by themselves.
func (d DataDir) AdminToken() string { return d.join("admin.token") }

// CA is the certificate of honeymoat's own authority, for clients.
func (d DataDir) CA() string { return d.join("ca.pem") }

// Secret reads a secret, which is made when it does not exist.
func (d DataDir) Secret(name string) (string, error) {
	file := filepath.Join(d.Secrets(), name)
	data, err := os.ReadFile(file)
	if err == nil {
		return strings.TrimSpace(string(data)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read secret %s: %w", name, err)
	}
	secret, err := auth.NewSecret(rand.Reader)
	if err != nil {
		return "", fmt.Errorf("make secret %s: %w", name, err)
	}
	if err := renameio.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("keep secret %s: %w", name, err)
	}
	return secret, nil
}
