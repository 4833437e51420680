package embedded

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/google/renameio/v2"
)

// Errors of the directory that a person has to mend.
var (
	// ErrLocked: another process uses the directory.
	ErrLocked = errors.New("another process uses this directory")
	// ErrKey: the directory was written with another key, or without one.
	ErrKey = errors.New("the streams were encrypted with another key")
)

// directory is the claimed directory of the streams.
type directory struct{ lock *os.File }

// claimDirectory makes the directory, locks it and checks that the key is the
// one that it was written with: the server itself would start without the
// streams that it cannot decrypt, and make empty ones in their place.
func claimDirectory(dir, key string) (*directory, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("bus directory %s: %w; make it writable for this user", dir, err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("bus directory %s: %w; make it writable for this user", dir, err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = lock.Close()
		return nil, fmt.Errorf("bus directory %s: %w (%w); is honeymoat serve running on it already?", dir, ErrLocked, err)
	}
	d := &directory{lock}
	if err := checkKey(dir, key); err != nil {
		d.release()
		return nil, err
	}
	return d, nil
}

// release gives the directory free.
func (d *directory) release() { _ = d.lock.Close() }

func checkKey(dir, key string) error {
	path := filepath.Join(dir, "key.check")
	want := keyCheck(key)
	have, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(filepath.Join(dir, "jetstream")); err == nil {
			return fmt.Errorf("bus directory %s: %w: it holds streams and no key.check", dir, ErrKey)
		}
		if err := renameio.WriteFile(path, []byte(want), 0o600); err != nil {
			return fmt.Errorf("bus directory %s: write key check: %w", dir, err)
		}
		return nil
	case err != nil:
		return fmt.Errorf("bus directory %s: read key check: %w", dir, err)
	case !hmac.Equal(have, []byte(want)):
		return fmt.Errorf("bus directory %s: %w; restore the key file that belongs to it, or move the directory away to begin anew", dir, ErrKey)
	}
	return nil
}

func keyCheck(key string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte("honeymoat bus key check"))
	return hex.EncodeToString(mac.Sum(nil)) + "\n"
}
