package config

import (
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a host may have no zones
	"unicode"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
)

// Source is one log, in the service's configuration and in an agent's. Its
// lines are in files, or are pushed by HTTP or syslog.
type Source struct {
	Name    string   `yaml:"name" doc:"Name of the source: a-z, 0-9, - and _. It becomes part of event identities: renaming a source reads its files again."`
	Gateway string   `yaml:"gateway" doc:"Gateway that writes the log. Default: the source's name."`
	Kind    string   `yaml:"kind" doc:"access, or decoy for a decoy responder's log, where every line is a touch. Default: access."`
	Paths   []string `yaml:"paths" doc:"Files or glob patterns. Files that appear later are picked up."`
	From    string   `yaml:"from" doc:"Where to begin in a file never seen before: beginning or end. Default: beginning."`
	HTTP    bool     `yaml:"http" doc:"Lines are pushed to POST /api/v1/ingest?source=NAME of the front, with a token of role ingest. Service only."`
	Syslog  []string `yaml:"syslog" doc:"Addresses at which lines are taken by syslog (RFC 5424 and 3164), such as udp://127.0.0.1:5514 or tcp://127.0.0.1:5514."`

	Format   string           `yaml:"format" doc:"auto, or the id of a format; honeymoat formats list names them. Default: auto."`
	Pattern  string           `yaml:"pattern" doc:"For format nginx, apache, envoy, haproxy or w3c: the log_format or LogFormat directive, the format string, or the #Fields line, as it stands in the gateway's configuration."`
	Fields   map[string]Field `yaml:"fields" doc:"For format json and those that are JSON: schema field → where it stands. Default: the mapping of the documented log_format, or of the gateway."`
	TimeZone string           `yaml:"time_zone" doc:"Zone of the times of a log that names none, such as Europe/Berlin. Default: UTC, and the time is flagged as assumed."`

	ClientHeader      string `yaml:"client_header" doc:"Header in which trusted hops name the client, such as CF-Connecting-IP. Believed from trusted hops only, and only if they set or remove it themselves. Empty: X-Forwarded-For, from the right."`
	ForwardedAppended bool   `yaml:"forwarded_appended" doc:"The gateway itself appends its peer's address to X-Forwarded-For, and logs no other address (Envoy with use_remote_address): the last entry is the peer."`

	Mask string `yaml:"mask" doc:"Where secrets and personal data are masked: store (after detection has seen them, before anything is stored) or host (before a line leaves this host; what detection can then not see is in RATIONALE.md). Default: store."`
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
	if s.Mask == "" {
		s.Mask = "store"
	}
}

// Names of sources that no configuration file lists.
const (
	DecoySource = "decoys" // the log of the own decoy responder
	FilesSource = "files"  // logs named on the command line
	InputSource = "stdin"  // lines on standard input
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
	seen, listening := map[string]bool{}, map[string]string{}
	for i := range sources {
		s, path := &sources[i], fmt.Sprintf("$.sources[%d]", i)
		c.source(path, s)
		c.listeners(path, s, listening)
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
	c.oneOf(path+".from", s.From, "beginning", "end")
	c.oneOf(path+".mask", s.Mask, "store", "host")
	c.origin(path, s)
	c.format(path, s)
	if strings.ContainsFunc(s.ClientHeader, notInHeaderName) {
		c.add(path+".client_header", fmt.Sprintf("%q is no name of a header", s.ClientHeader), "want one such as CF-Connecting-IP")
	}
	for name, f := range s.Fields {
		if !strings.HasPrefix(f.Pointer, "/") {
			c.add(path+".fields."+name, fmt.Sprintf("%q is not a JSON pointer", f.Pointer), "want pointer: /key or /outer/inner")
		}
	}
	if _, err := s.Location(); err != nil {
		c.add(path+".time_zone", err.Error(), "want a name such as Europe/Berlin, America/New_York or UTC")
	}
}

func notInHeaderName(r rune) bool {
	return !strings.ContainsRune("-_", r) && (r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r))
}

// format checks that a source's format exists, and has use for what is set.
func (c *checker) format(path string, s *Source) {
	if s.Format == accesslog.Auto {
		if s.Pattern != "" {
			c.add(path+".pattern", "format auto has no pattern", "set the format of a gateway that has one, such as nginx, apache or envoy")
		}
		if len(s.Fields) > 0 {
			c.add(path+".fields", "format auto has its own fields", "set format: json")
		}
		return
	}
	f, err := accesslog.Lookup(s.Format)
	switch {
	case err != nil:
		c.add(path+".format", err.Error(), "honeymoat formats list tells more")
	case f.Pattern && !f.Guessed && s.Pattern == "":
		c.add(path+".format", "format "+f.ID+" without a pattern", "set pattern to the directive as it stands in the gateway's configuration")
	case !f.Pattern && s.Pattern != "":
		c.add(path+".pattern", "format "+f.ID+" has no pattern", "set the format of a gateway that has one, such as nginx, apache or envoy")
	case !f.Fields && len(s.Fields) > 0:
		c.add(path+".fields", "the fields of format "+f.ID+" cannot be mapped", "set format: json, or leave fields out")
	}
}

// origin checks where the lines of a source come from.
func (c *checker) origin(path string, s *Source) {
	if len(s.Paths) == 0 && !s.HTTP && len(s.Syslog) == 0 {
		c.add(path+".paths", "a source without lines", "name at least one file or pattern, such as /var/log/nginx/access.log, or set http or syslog")
	}
	for i, p := range s.Paths {
		if _, err := filepath.Match(p, ""); err != nil {
			c.add(fmt.Sprintf("%s.paths[%d]", path, i), fmt.Sprintf("%q is not a pattern", p), "close the [ or escape it as \\[")
		}
	}
	for i, address := range s.Syslog {
		if _, _, err := SyslogAddress(address); err != nil {
			c.add(fmt.Sprintf("%s.syslog[%d]", path, i), err.Error(), "want udp://HOST:PORT or tcp://HOST:PORT")
		}
	}
}

// listeners checks that nobody else takes a source's addresses; taken has
// whose they are.
func (c *checker) listeners(path string, s *Source, taken map[string]string) {
	for i, address := range s.Syslog {
		if other, ok := taken[address]; ok && !strings.HasSuffix(address, ":0") {
			c.add(fmt.Sprintf("%s.syslog[%d]", path, i), fmt.Sprintf("%q is taken by the source %q", address, other), "give each source its own port")
		}
		taken[address] = s.Name
	}
}

// Location is the zone of TimeZone, nil when there is none.
func (s *Source) Location() (*time.Location, error) {
	if s.TimeZone == "" {
		return nil, nil
	}
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("time zone %q: %w", s.TimeZone, err)
	}
	return zone, nil
}

// SyslogAddress splits "udp://127.0.0.1:5514" into network and address.
func SyslogAddress(url string) (network, address string, err error) {
	network, address, ok := strings.Cut(url, "://")
	if !ok || network != "udp" && network != "tcp" {
		return "", "", fmt.Errorf("%q is no address for syslog", url)
	}
	if _, _, err := net.SplitHostPort(address); err != nil {
		return "", "", fmt.Errorf("%q is no address for syslog: %w", url, err)
	}
	return network, address, nil
}
