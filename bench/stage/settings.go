package stage

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"strings"
)

// Settings are configuration keys as the reference lists them, with dots
// between the parts, and their values: {"bus.max_bytes": "16MiB"}.
type Settings map[string]any

// With gives these settings with others over them.
func (s Settings) With(others Settings) Settings {
	all := Settings{}
	maps.Copy(all, s)
	maps.Copy(all, others)
	return all
}

// write makes the configuration file. What it writes is JSON, which YAML
// includes.
func (s Settings) write(file string) error {
	data, err := json.MarshalIndent(s.tree(), "", "  ")
	if err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	if err := os.WriteFile(file, append(data, '\n'), 0o600); err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	return nil
}

func (s Settings) tree() map[string]any {
	root := map[string]any{}
	for key, value := range s {
		parts := strings.Split(key, ".")
		section := root
		for _, part := range parts[:len(parts)-1] {
			inner, ok := section[part].(map[string]any)
			if !ok {
				inner = map[string]any{}
				section[part] = inner
			}
			section = inner
		}
		section[parts[len(parts)-1]] = value
	}
	return root
}

// Source is one log in a configuration's list of sources.
type Source struct {
	Name    string   `json:"name"`
	Gateway string   `json:"gateway,omitempty"`
	Kind    string   `json:"kind,omitempty"`
	Paths   []string `json:"paths"`
	Format  string   `json:"format,omitempty"`
}
