package service

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/privacy"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

const day = 24 * time.Hour

// hashKeysFile holds the keys of the hashes that stand for people. Whoever
// has it can tell who they are; without it nobody can be found again.
func (d DataDir) hashKeysFile() string { return filepath.Join(d.Secrets(), "hash-keys.json") }

// openKeyring reads the keys, made at first start. A key that is due is
// replaced; one whose hashes are no longer kept is dropped.
func openKeyring(d DataDir, cfg config.Service, now time.Time) (privacy.Keyring, error) {
	var keys privacy.Keyring
	data, err := os.ReadFile(d.hashKeysFile())
	if err == nil {
		keys, err = privacy.ParseKeyring(data)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return keys, fmt.Errorf("read %s: %w", d.hashKeysFile(), err)
	}
	// In days: nanoseconds end after three hundred years, which is a way to
	// say never.
	if !keys.Empty() && now.Sub(keys.Made())/day < time.Duration(cfg.HashKeys.RotateDays) {
		return keys, nil
	}
	var secret [32]byte
	if _, err := rand.Read(secret[:]); err != nil {
		return keys, fmt.Errorf("make a hash key: %w", err)
	}
	// Findings are kept longer than events, see retention. A block on somebody
	// is made with a key, and ends with it.
	kept := max(retention(cfg.Store.RetentionDays).Records, int(respond.MaxLifetime/day)) + 1
	keys = keys.Rotate(now, secret).Prune(now.AddDate(0, 0, -kept))
	if data, err = keys.Marshal(); err != nil {
		return keys, err
	}
	if err := renameio.WriteFile(d.hashKeysFile(), data, 0o600); err != nil {
		return keys, fmt.Errorf("keep hash keys: %w", err)
	}
	return keys, nil
}

// matchKeys gives the keys under which the agents of a segment know users,
// keys, tokens and sessions, the current one first.
func (s *Service) matchKeys(segment string) []block.MatchKey {
	return s.masking.keys.Load().MatchKeys(segment)
}

// rotateKeys looks once an hour whether the key is due.
func (s *Service) rotateKeys(ctx context.Context) error {
	ticker := time.NewTicker(time.Hour)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-ticker.C:
			if err := s.renewMasker(now); err != nil {
				s.log.Error("the hash keys could not be rotated; those before stay in use", "error", err)
			}
		}
	}
}

// renewMasker takes the keys that are due into use.
func (s *Service) renewMasker(now time.Time) error {
	s.masking.Lock()
	defer s.masking.Unlock()
	keys, err := openKeyring(s.dir, s.config, now)
	if err != nil {
		return err
	}
	return s.masking.set(s.masking.privacy, keys)
}
