package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/mistake"
)

func TestTokensRoundTrip(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tokens.yaml")
	if _, err := ReadTokens(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	hash := strings.Repeat("a", 64)
	ends := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, token := range []Token{{Name: "kong", Role: "ingest", SHA256: hash, Sources: []string{"edge"}}, {Name: "soc", Role: "viewer", SHA256: hash}, {Name: "ops", Role: "admin", SHA256: hash, ExpiresAt: ends}, {Name: "edge", Role: "bouncer", SHA256: hash, Segments: []string{"eu"}}} {
		if err := AddToken(file, token); err != nil {
			t.Fatal(err)
		}
	}
	if err := AddToken(file, Token{Name: "soc", Role: "admin", SHA256: hash}); err == nil {
		t.Error("a second token of one name was taken")
	}
	var problem mistake.Mistake
	if err := AddToken(file, Token{Name: "No Name", Role: "admin", SHA256: hash}); !errors.As(err, &problem) {
		t.Errorf("a name that cannot be read back: %v", err)
	}
	if err := AddToken(file, Token{Name: "few", Role: "viewer", SHA256: hash, Sources: []string{"edge"}}); !errors.As(err, &problem) {
		t.Errorf("sources of a viewer: %v", err)
	}
	for _, token := range []Token{{Name: "few", Role: "viewer", SHA256: hash, Segments: []string{"eu"}}, {Name: "few", Role: "bouncer", SHA256: hash, Segments: []string{"E U"}}} {
		if err := AddToken(file, token); !errors.As(err, &problem) {
			t.Errorf("%+v was taken: %v", token, err)
		}
	}
	tokens, err := ReadTokens(file)
	if err != nil || len(tokens) != 4 || tokens[2].Name != "ops" || !tokens[2].ExpiresAt.Equal(ends) || !tokens[1].ExpiresAt.IsZero() ||
		len(tokens[0].Sources) != 1 || tokens[0].Sources[0] != "edge" || len(tokens[3].Segments) != 1 {
		t.Errorf("%+v, %v", tokens, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestBrokenTokenFileIsTold(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tokens.yaml")
	if err := os.WriteFile(file, []byte("tokens:\n  - {name: soc, role: king, sha256: abc, sources: [x], segments: [e]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := ReadTokens(file)
	if err == nil || !strings.Contains(err.Error(), `:2:23: tokens[0].role: "king"`) || !strings.Contains(err.Error(), "not a SHA-256") || !strings.Contains(err.Error(), "tokens[0].sources") || !strings.Contains(err.Error(), "tokens[0].segments") {
		t.Errorf("%v", err)
	}
}
