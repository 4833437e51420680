package service

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"

	"github.com/google/renameio/v2"

	"github.com/honeymoat/honeymoat/pkg/auth"
	"github.com/honeymoat/honeymoat/pkg/config"
)

// firstAdmin is the holder of the token that is made at the first start.
const firstAdmin = "admin"

// openTokens reads the token file. At the first start there is none: then an
// admin's token is made and left in the data directory for the commands on
// this host.
func openTokens(d DataDir, file string) (*auth.Tokens, error) {
	tokens, err := readTokens(file)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeAdmin(d, file); err != nil {
			return nil, err
		}
		return readTokens(file)
	}
	return tokens, err
}

func readTokens(file string) (*auth.Tokens, error) {
	entries, err := config.ReadTokens(file)
	if err != nil {
		return nil, err
	}
	return tokenTable(file, entries)
}

func makeAdmin(d DataDir, file string) error {
	text, err := NewToken(file, config.Token{Name: firstAdmin, Role: auth.Admin.String()})
	if err != nil {
		return err
	}
	if err := renameio.WriteFile(d.AdminToken(), []byte(text+"\n"), 0o600); err != nil {
		return fmt.Errorf("keep the admin's token: %w", err)
	}
	return nil
}

// NewToken makes a token for an entry of the token file, adds the entry with
// the token's hash, and gives the token's text, which is kept nowhere.
func NewToken(file string, entry config.Token) (string, error) {
	text, err := auth.NewToken(rand.Reader)
	if err != nil {
		return "", fmt.Errorf("make token: %w", err)
	}
	entry.SHA256 = auth.DigestOf(text).String()
	return text, config.AddToken(file, entry)
}

func tokenTable(file string, entries []config.Token) (*auth.Tokens, error) {
	tokens := make([]auth.Token, len(entries))
	for i, e := range entries {
		role, err := auth.ParseRole(e.Role)
		if err != nil {
			return nil, fmt.Errorf("%s: token %s: %w", file, e.Name, err)
		}
		digest, err := auth.ParseDigest(e.SHA256)
		if err != nil {
			return nil, fmt.Errorf("%s: token %s: %w", file, e.Name, err)
		}
		tokens[i] = auth.Token{Name: e.Name, Role: role, Digest: digest, ExpiresAt: e.ExpiresAt, Sources: e.Sources, Segments: e.Segments}
	}
	table, err := auth.NewTokens(tokens)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return table, nil
}
