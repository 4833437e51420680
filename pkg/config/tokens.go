package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/renameio/v2"

	"github.com/honeymoat/honeymoat/pkg/mistake"
)

// Token is one line of the token file: who may use the API as what. The token
// itself is not kept, only its hash.
type Token struct {
	Name      string    `yaml:"name" doc:"Who holds the token; the audit names it."`
	Role      string    `yaml:"role" doc:"viewer, analyst, admin; ingest: may push logs and do nothing else; bouncer: may fetch blocks and do nothing else."`
	SHA256    string    `yaml:"sha256" doc:"SHA-256 of the token in hex, as honeymoat tokens add writes it."`
	ExpiresAt time.Time `yaml:"expires_at,omitempty" doc:"When the token ends. Default: never."`
	Sources   []string  `yaml:"sources,omitempty" doc:"For the role ingest: the sources whose logs may be pushed. Default: all."`
	Segments  []string  `yaml:"segments,omitempty" doc:"For the role bouncer: the segments whose blocks may be fetched, besides all."`
}

type tokenFile struct {
	Tokens []Token `yaml:"tokens" doc:"The tokens."`
}

func tokenRoles() []string { return []string{"viewer", "analyst", "admin", "ingest", "bouncer"} }

// ReadTokens reads a token file. A file that does not exist has no tokens;
// the error then wraps fs.ErrNotExist.
func ReadTokens(file string) ([]Token, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read tokens: %w", err)
	}
	roles := tokenRoles()
	var f tokenFile
	c := newChecker(file, data, decode(file, data, &f, KeyNames(f)))
	for i, t := range f.Tokens {
		path := fmt.Sprintf("$.tokens[%d]", i)
		c.name(path+".name", t.Name)
		c.oneOf(path+".role", t.Role, roles...)
		if len(t.SHA256) != 64 {
			c.add(path+".sha256", "not a SHA-256 in hex", "honeymoat tokens add writes the line")
		}
		if len(t.Sources) > 0 && t.Role != "ingest" {
			c.add(path+".sources", "sources of a token that does not push", "sources are for role: ingest")
		}
		if len(t.Segments) > 0 && t.Role != "bouncer" {
			c.add(path+".segments", "segments of a token that fetches no blocks", "segments are for role: bouncer")
		}
		for j, segment := range t.Segments {
			c.name(fmt.Sprintf("%s.segments[%d]", path, j), segment)
		}
	}
	return f.Tokens, c.err()
}

// AddToken appends a token to a file, which is made when it does not exist.
// A name that is taken is refused, and one that could not be read back is a
// mistake.Mistake.
func AddToken(file string, t Token) error {
	if !validName(t.Name) {
		return mistake.Mistake{File: file, Message: fmt.Sprintf("add token: %q is not a name", t.Name), Hint: nameHint}
	}
	if roles := tokenRoles(); !slices.Contains(roles, t.Role) {
		return mistake.Mistake{File: file, Message: fmt.Sprintf("add token: %q is not a role", t.Role), Hint: "want " + strings.Join(roles, ", ")}
	}
	if len(t.Sources) > 0 && t.Role != "ingest" {
		return mistake.Mistake{File: file, Message: fmt.Sprintf("add token: sources for the role %s", t.Role), Hint: "they are for the role ingest"}
	}
	if len(t.Segments) > 0 && t.Role != "bouncer" {
		return mistake.Mistake{File: file, Message: fmt.Sprintf("add token: segments for the role %s", t.Role), Hint: "they are for the role bouncer"}
	}
	if i := slices.IndexFunc(t.Segments, func(s string) bool { return !validName(s) }); i >= 0 {
		return mistake.Mistake{File: file, Message: fmt.Sprintf("add token: %q is no segment", t.Segments[i]), Hint: nameHint}
	}
	if _, err := os.Stat(filepath.Dir(file)); err != nil {
		return fmt.Errorf("add token: %w (the service makes its data directory at its first start; is --config right?)", err)
	}
	tokens, err := ReadTokens(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, old := range tokens {
		if old.Name == t.Name {
			return fmt.Errorf("add token: %s has a token named %q already; remove its entry first", file, t.Name)
		}
	}
	data, err := yaml.Marshal(tokenFile{Tokens: append(tokens, t)})
	if err != nil {
		return fmt.Errorf("add token: %w", err)
	}
	if err := renameio.WriteFile(file, data, 0o600); err != nil {
		return fmt.Errorf("add token: %w", err)
	}
	return nil
}
