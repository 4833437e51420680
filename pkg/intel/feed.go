package intel

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/indicator"
)

// TAXII is the format of a feed that is a collection of a TAXII 2.1 server.
const TAXII = "taxii"

// Feed is where indicators come from, and how they are read.
type Feed struct {
	Name string // a-z, 0-9, - and _: unique, and the name of its folder
	// URL or File, one of them. A URL of a TAXII server is that of its
	// discovery, an API root or a collection; one of a MISP feed with a manifest
	// ends in / or in /manifest.json.
	URL, File  string
	Collection string // of a TAXII server: id, alias or title; empty = its only one
	// Read says how the feed is read. Format may be TAXII too; Feed, File, Seen
	// and Own are filled in.
	Read indicator.Options

	Every     time.Duration // between two looks; 0 = an hour, and 10 s for files
	Timeout   time.Duration // for one request; 0 = 2 minutes
	MaxBytes  int64         // of the feed, unpacked; 0 = 128 MiB
	MaxShrink int           // percent that a feed may lose at once; 0 = 50
	MaxCover  int           // percent of all addresses that it may be about; 0 = all

	// Apart keeps the feed's indicators out of the set: they are told to
	// Options.Listed.
	Apart bool

	TokenFile    string // file with a token; it is read anew for each look
	TokenHeader  string // header that takes the token as it stands; empty = Authorization: Bearer
	User         string // for basic authentication
	PasswordFile string
}

func (f *Feed) setDefaults() {
	if f.Every == 0 {
		f.Every = time.Hour
		if f.File != "" {
			f.Every = 10 * time.Second
		}
	}
	if f.Timeout == 0 {
		f.Timeout = 2 * time.Minute
	}
	if f.MaxBytes == 0 {
		f.MaxBytes = 128 << 20
	}
	if f.MaxShrink == 0 {
		f.MaxShrink = 50
	}
}

// origin is where a feed comes from, without what is secret about it: in place
// of a query stands a hash.
func (f *Feed) origin() string {
	if f.File != "" {
		return f.File
	}
	u, err := url.Parse(f.URL)
	if err != nil {
		return ""
	}
	u.User = nil
	if u.RawQuery != "" {
		sum := sha256.Sum256([]byte(u.RawQuery)) // there may be a key in it
		u.RawQuery = hex.EncodeToString(sum[:4])
	}
	if f.Collection != "" {
		u.Fragment = f.Collection
	}
	return u.String()
}

// check refuses a feed that cannot be fetched.
func (f *Feed) check() error {
	if f.Name == "" || len(f.Name) > 64 || strings.Trim(f.Name, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
		return fmt.Errorf("feed %q: a name has 1 to 64 of the characters a-z, 0-9, - and _", f.Name)
	}
	if (f.URL == "") == (f.File == "") {
		return fmt.Errorf("feed %s: want either a URL or a file", f.Name)
	}
	if f.URL == "" {
		return nil
	}
	u, err := url.Parse(f.URL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return fmt.Errorf("feed %s: want a URL such as https://intel.example.net/list.txt", f.Name)
	}
	if (f.TokenFile != "" || f.User != "" || u.User != nil) && u.Scheme != "https" && !isLoopback(u.Hostname()) {
		return fmt.Errorf("feed %s: a token or password would travel in the clear: want an https URL", f.Name)
	}
	return nil
}

func isLoopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// Options configure Feeds.
type Options struct {
	Feeds []Feed
	Dir   string // of the feeds' folders; it is made
	// HTTP does the requests; nil = a client of its own.
	HTTP *http.Client
	// Own are networks that no feed may speak about.
	Own []netip.Prefix
	// Changed gets the set whenever it changes, and once at the beginning. It
	// is called by Run, one call at a time.
	Changed func(*indicator.Set)
	// Listed gets what the feeds that stand apart say, by name, likewise; a
	// feed of which nothing is known (yet, or any more) is not among them. It
	// may be nil when no feed stands apart.
	Listed     func(map[string]*indicator.List)
	Log        *slog.Logger
	Registerer prometheus.Registerer
	Now        func() time.Time // nil = time.Now
}

func (o *Options) has(feed string) bool {
	return slices.ContainsFunc(o.Feeds, func(f Feed) bool { return f.Name == feed })
}

func (o *Options) setDefaults() error {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.HTTP == nil {
		o.HTTP = &http.Client{}
	}
	if o.Log == nil || o.Registerer == nil || o.Changed == nil || o.Dir == "" {
		return errors.New("threat feeds: want a directory, a logger, a registerer, and somebody to tell of changes")
	}
	seen := map[string]bool{}
	for i := range o.Feeds {
		f := &o.Feeds[i]
		if err := f.check(); err != nil {
			return err
		}
		if seen[f.Name] {
			return fmt.Errorf("a second feed %q: names of feeds are unique", f.Name)
		}
		seen[f.Name] = true
		f.setDefaults()
	}
	return nil
}
