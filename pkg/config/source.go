package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Source is one log, in the service's configuration and in an agent's.
type Source struct {
	Name    string           `yaml:"name" doc:"Name of the source: a-z, 0-9, - and _. It becomes part of event identities: renaming a source reads its files again."`
	Gateway string           `yaml:"gateway" doc:"Gateway that writes the log. Default: the source's name."`
	Kind    string           `yaml:"kind" doc:"access, or decoy for a decoy responder's log, where every line is a touch. Default: access."`
	Paths   []string         `yaml:"paths" doc:"Files or glob patterns. Files that appear later are picked up."`
	Format  string           `yaml:"format" doc:"auto, combined or json. Default: auto."`
	Fields  map[string]Field `yaml:"fields" doc:"For format json: schema field → where it stands. Default: the mapping of the documented log_format."`
	From    string           `yaml:"from" doc:"Where to begin in a file never seen before: beginning or end. Default: beginning."`
}

// Field is where a value stands in a JSON line.
type Field struct {
	Pointer string `yaml:"pointer" doc:"JSON pointer, such as /request/uri."`
	Unit    string `yaml:"unit" doc:"For durations s, ms, us or ns; for times rfc3339, epoch_s, epoch_ms, epoch_us or epoch_ns."`
}

func (s *Source) setDefaults() {
	if s.Gateway == "" {
		s.Gateway = s.Name
	}
	if s.Kind == "" {
		s.Kind = "access"
	}
	if s.Format == "" {
		s.Format = "auto"
	}
	if s.From == "" {
		s.From = "beginning"
	}
}

// Names of sources that no configuration file lists.
const (
	DecoySource = "decoys" // the log of the own decoy responder
	FilesSource = "files"  // logs named on the command line
)

// WithDecoyLog adds the responder's own log to sources, as that of a gateway
// (its own name without one), unless the responder is off or one of them reads
// the log already.
func (r Responder) WithDecoyLog(sources []Source, gateway string) []Source {
	if r.Listen == "" || slices.ContainsFunc(sources, r.readBy) {
		return sources
	}
	own := Source{Name: DecoySource, Gateway: gateway, Kind: "decoy", Format: "json", Paths: []string{r.Log}}
	own.setDefaults()
	return append(slices.Clone(sources), own)
}

func (r Responder) readBy(s Source) bool {
	return slices.ContainsFunc(s.Paths, func(pattern string) bool {
		match, err := filepath.Match(pattern, r.Log)
		return pattern == r.Log || err == nil && match
	})
}

const (
	nameCharacters = "abcdefghijklmnopqrstuvwxyz0123456789-_"
	nameHint       = "1 to 64 of the characters a-z, 0-9, - and _"
)

func (c *checker) name(path, name string) {
	if !validName(name) {
		c.add(path, fmt.Sprintf("%q is not a name", name), nameHint)
	}
}

func validName(name string) bool {
	bad := strings.ContainsFunc(name, func(r rune) bool { return !strings.ContainsRune(nameCharacters, r) })
	return name != "" && len(name) <= 64 && !bad
}

func (c *checker) oneOf(path, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		c.add(path, fmt.Sprintf("%q is not known here", value), "want "+strings.Join(allowed, ", "))
	}
}

func (c *checker) sources(sources []Source, r Responder) {
	seen := map[string]bool{}
	for i := range sources {
		s, path := &sources[i], fmt.Sprintf("$.sources[%d]", i)
		c.source(path, s)
		if seen[s.Name] {
			c.add(path+".name", fmt.Sprintf("a second source %q", s.Name), "names of sources are unique")
		}
		seen[s.Name] = true
		if s.Name == DecoySource && r.Listen != "" && !r.readBy(*s) {
			c.add(path+".name", fmt.Sprintf("%q is the source of the decoy responder's own log", s.Name), "choose another name")
		}
	}
}

func (c *checker) source(path string, s *Source) {
	c.name(path+".name", s.Name)
	c.oneOf(path+".kind", s.Kind, "access", "decoy")
	c.oneOf(path+".format", s.Format, "auto", "combined", "json")
	c.oneOf(path+".from", s.From, "beginning", "end")
	if len(s.Paths) == 0 {
		c.add(path+".paths", "a source without files", "name at least one file or pattern, such as /var/log/nginx/access.log")
	}
	for i, p := range s.Paths {
		if _, err := filepath.Match(p, ""); err != nil {
			c.add(fmt.Sprintf("%s.paths[%d]", path, i), fmt.Sprintf("%q is not a pattern", p), "close the [ or escape it as \\[")
		}
	}
	if len(s.Fields) > 0 && s.Format != "json" {
		c.add(path+".fields", "fields are meant for format json only", "set format: json")
	}
	for name, f := range s.Fields {
		if !strings.HasPrefix(f.Pointer, "/") {
			c.add(path+".fields."+name, fmt.Sprintf("%q is not a JSON pointer", f.Pointer), "want pointer: /key or /outer/inner")
		}
	}
}
