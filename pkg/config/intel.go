package config

import (
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/indicator"
)

// Intel is threat intelligence from elsewhere.
type Intel struct {
	Feeds []IntelFeed `yaml:"feeds" doc:"Threat feeds. Of equally confident ones the first is named."`
}

// IntelFeed is one threat feed.
type IntelFeed struct {
	Name       string `yaml:"name" doc:"Name of the feed: a-z, 0-9, - and _. Its matches are findings of the rule intel.NAME."`
	URL        string `yaml:"url" doc:"URL of a list, a bundle or an export; of a MISP feed's folder or manifest.json; of a TAXII 2.1 server's discovery, API root or collection."`
	File       string `yaml:"file" doc:"File on this host, in place of url. It may be packed by gzip or zstd, as may an answer."`
	Collection string `yaml:"collection" doc:"With format taxii: id, alias or title of the collection. Default: the only one that can be read."`

	Format    string            `yaml:"format" doc:"auto, plain, csv, stix, misp, crawlers, crowdsec (decisions as its API gives them) or taxii. Default: auto, which knows all but csv, crowdsec and taxii."`
	Kind      string            `yaml:"kind" doc:"What plain lists and tables hold: address, domain, url, user_agent, user_agent_pattern or fingerprint. Default: any, by the shape of each value, which may be an address, a URL or a domain."`
	Columns   map[string]string `yaml:"columns" doc:"With format csv: value, kind, confidence, labels, reference, source, seen, from, until → name of the column in the header, or its number from 1."`
	Header    bool              `yaml:"header" doc:"With format csv and numbered columns: the first row is a header."`
	Separator string            `yaml:"separator" doc:"With format csv: the character between columns, or tab. Default: a comma."`

	Every     time.Duration `yaml:"every" doc:"Time between two looks. Default: 1h, and 10s for a file."`
	Timeout   time.Duration `yaml:"timeout" doc:"Time for one request. Default: 2m."`
	MaxBytes  Size          `yaml:"max_bytes" doc:"Bytes that the feed may have, unpacked. Default: 128MiB."`
	MaxShrink int           `yaml:"max_shrink" doc:"Percent of its indicators that the feed may lose at once; more is held until honeymoat intel accept. Default: 50."`

	Confidence    int           `yaml:"confidence" doc:"Confidence, 1 to 100, in indicators that tell none. Default: 50."`
	MinConfidence int           `yaml:"min_confidence" doc:"Indicators below this confidence are left out."`
	Expires       time.Duration `yaml:"expires" doc:"Lifetime of indicators that tell no end, from when they were last seen. Default: 720h, and none for a file."`
	Labels        []string      `yaml:"labels" doc:"Labels added to every indicator."`
	Only          []string      `yaml:"only" doc:"Labels of which an indicator must have one, such as scanner. Default: all are taken."`
	Subdomains    bool          `yaml:"subdomains" doc:"Domains stand for all names below them too."`

	TokenFile    string `yaml:"token_file" doc:"File that holds a token for the server; it is read anew for each look."`
	TokenHeader  string `yaml:"token_header" doc:"Header that takes the token as it stands, such as X-API-Key. Default: Authorization, with Bearer before it."`
	User         string `yaml:"user" doc:"User for basic authentication."`
	PasswordFile string `yaml:"password_file" doc:"File that holds the user's password."`

	Tier  string     `yaml:"tier" doc:"What a match deserves: log, notify or page. Default: log."`
	Block IntelBlock `yaml:"block" doc:"The block that a match asks for."`
}

// IntelBlock is the block that a match asks for.
type IntelBlock struct {
	TTL  time.Duration `yaml:"ttl" doc:"Lifetime of the block. 0 asks for none."`
	Mode string        `yaml:"mode" doc:"shadow, rollout (from shadow to enforcement by what is measured, see rollout) or enforce. Default: shadow."`
}

// IntelTAXII is the format of feeds that are collections of a TAXII server.
const IntelTAXII = "taxii"

func (f *IntelFeed) setDefaults() {
	setDefault(&f.Format, indicator.Auto)
	setDefault(&f.Kind, indicator.AnyKind.String())
	setDefault(&f.Separator, ",")
	setDefault(&f.Tier, "log")
	setDefault(&f.Block.Mode, "shadow")
	setDefault(&f.Timeout, 2*time.Minute)
	setDefault(&f.MaxBytes, 128<<20)
	setDefault(&f.MaxShrink, 50)
	setDefault(&f.Confidence, 50)
	if f.File != "" {
		setDefault(&f.Every, 10*time.Second)
		return
	}
	setDefault(&f.Every, time.Hour)
	setDefault(&f.Expires, 30*24*time.Hour)
}

func setDefault[T comparable](value *T, to T) {
	var none T
	if *value == none {
		*value = to
	}
}

// maxFeeds is how many feeds can be told apart in a match.
const maxFeeds = 255

func (c *checker) intel(i Intel) {
	if len(i.Feeds) > maxFeeds {
		c.add("$.intel.feeds", fmt.Sprintf("%d feeds", len(i.Feeds)), fmt.Sprintf("want up to %d", maxFeeds))
	}
	seen := map[string]bool{}
	for n := range i.Feeds {
		f, path := &i.Feeds[n], fmt.Sprintf("$.intel.feeds[%d]", n)
		c.name(path+".name", f.Name)
		if seen[f.Name] {
			c.add(path+".name", fmt.Sprintf("a second feed %q", f.Name), "names of feeds are unique")
		}
		seen[f.Name] = true
		c.feed(path, f)
	}
}

func (c *checker) feed(path string, f *IntelFeed) {
	c.feedOrigin(path, f)
	c.feedSecrets(path, f)
	c.oneOf(path+".format", f.Format, append(indicator.Formats(), IntelTAXII)...)
	if _, err := indicator.ParseKind(f.Kind); err != nil {
		c.add(path+".kind", err.Error(), "")
	}
	c.feedTable(path, f)
	c.oneOf(path+".tier", f.Tier, "log", "notify", "page")
	c.oneOf(path+".block.mode", f.Block.Mode, "shadow", "rollout", "enforce")
	c.within(path+".confidence", f.Confidence, 1, 100)
	c.within(path+".min_confidence", f.MinConfidence, 0, 100)
	c.within(path+".max_shrink", f.MaxShrink, 1, 100)
	c.lasts(path+".every", f.Every, time.Second)
	c.lasts(path+".timeout", f.Timeout, time.Second)
	c.atLeast(path+".max_bytes", int64(f.MaxBytes), 1<<10)
	c.atLeast(path+".expires", int64(f.Expires), 0)
	c.atLeast(path+".block.ttl", int64(f.Block.TTL), 0)
}

func (c *checker) within(path string, value, least, most int) {
	if value < least || value > most {
		c.add(path, fmt.Sprintf("%d is out of range", value), fmt.Sprintf("want %d to %d", least, most))
	}
}

// feedOrigin checks where a feed comes from.
func (c *checker) feedOrigin(path string, f *IntelFeed) {
	switch {
	case f.URL == "" && f.File == "":
		c.add(path, "a feed without an origin", "set url or file")
	case f.URL != "" && f.File != "":
		c.add(path+".file", "a feed with two origins", "set url or file, not both")
	case f.URL != "":
		if u, err := url.Parse(f.URL); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
			c.add(path+".url", "this is no URL of a web server", "want one such as https://intel.example.net/list.txt")
		}
	}
	if f.Format == IntelTAXII && f.File != "" {
		c.add(path+".format", "a file is no TAXII server", "set format: stix")
	}
	if f.Collection != "" && f.Format != IntelTAXII {
		c.add(path+".collection", "only TAXII servers have collections", "set format: taxii")
	}
}

// feedSecrets checks how honeymoat says to a server who it is.
func (c *checker) feedSecrets(path string, f *IntelFeed) {
	if f.TokenFile != "" && f.User != "" {
		c.add(path+".user", "a token and a user", "set one of them")
	}
	if (f.User == "") != (f.PasswordFile == "") {
		c.add(path+".password_file", "a user without a password, or a password without a user", "set both user and password_file")
	}
	if strings.ContainsFunc(f.TokenHeader, notInHeaderName) {
		c.add(path+".token_header", fmt.Sprintf("%q is no name of a header", f.TokenHeader), "want one such as X-API-Key")
	}
	u, err := url.Parse(f.URL)
	if err != nil || u.Scheme != "http" || f.TokenFile == "" && f.User == "" && u.User == nil {
		return
	}
	if a, err := netip.ParseAddr(u.Hostname()); u.Hostname() != "localhost" && (err != nil || !a.IsLoopback()) {
		c.add(path+".url", "a token or password would travel in the clear", "want an https URL")
	}
}

// feedTable checks what is said about a table.
func (c *checker) feedTable(path string, f *IntelFeed) {
	if f.Format != indicator.CSV {
		if len(f.Columns) > 0 {
			c.add(path+".columns", "only tables have columns", "set format: csv")
		}
		return
	}
	if f.Columns["value"] == "" {
		c.add(path+".columns", "a table without a column for the value", "set columns: {value: …} to the name of the column, or its number")
	}
	for _, role := range slices.Sorted(maps.Keys(f.Columns)) {
		if !slices.Contains(indicator.ColumnRoles(), role) {
			c.add(path+".columns."+role, fmt.Sprintf("a column cannot hold %q", role), "want "+strings.Join(indicator.ColumnRoles(), ", "))
		}
		if n, err := strconv.Atoi(f.Columns[role]); err == nil && n < 1 {
			c.add(path+".columns."+role, "columns are numbered from 1", "")
		}
	}
	if _, ok := f.SeparatorByte(); !ok {
		c.add(path+".separator", fmt.Sprintf("%q is not one character", f.Separator), `want one such as ";", or tab`)
	}
}

// SeparatorByte is the character between columns.
func (f *IntelFeed) SeparatorByte() (byte, bool) {
	if f.Separator == "tab" {
		return '\t', true
	}
	if len(f.Separator) != 1 {
		return 0, false
	}
	return f.Separator[0], true
}
