package config

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/indicator"
)

// BlockList is a list from elsewhere whose addresses are blocked.
type BlockList struct {
	Name string `yaml:"name" doc:"Name of the list: a-z, 0-9, - and _; no threat feed has it. Its blocks are by list:NAME."`
	URL  string `yaml:"url" doc:"URL of the list. With format crowdsec, that of a CrowdSec server's API, such as https://lapi.example.net:8080."`
	File string `yaml:"file" doc:"File on this host, in place of url. It may be packed by gzip or zstd, as may an answer."`

	Format    string            `yaml:"format" doc:"auto, plain (an address, prefix or range a line), csv, stix, misp or crowdsec. Default: auto, which knows all but csv and crowdsec."`
	Columns   map[string]string `yaml:"columns" doc:"With format csv: value, confidence, labels, source, seen, from, until → name of the column in the header, or its number from 1."`
	Header    bool              `yaml:"header" doc:"With format csv and numbered columns: the first row is a header."`
	Separator string            `yaml:"separator" doc:"With format csv: the character between columns, or tab. Default: a comma."`

	Segment   string        `yaml:"segment" doc:"Segment in which the addresses are blocked. Default: all."`
	Action    string        `yaml:"action" doc:"deny, drop, divert or flag. Default: deny."`
	Mode      string        `yaml:"mode" doc:"enforce or shadow. Default: enforce."`
	Lifetime  time.Duration `yaml:"lifetime" doc:"How long a block lasts after the list was last known to say so; less where the list itself tells an end. Default: 24h."`
	PerMinute int           `yaml:"per_minute" doc:"Blocks of the list that are made or ended in a minute, a second's share each second; they take nothing of the limits for rules. Default: 60000."`
	Refresh   time.Duration `yaml:"refresh" doc:"Time between two looks. Default: 1h, 10s for a file, and 1m with format crowdsec."`

	MaxBytes  Size          `yaml:"max_bytes" doc:"Bytes that the list may have, unpacked. Default: 128MiB."`
	MaxShrink int           `yaml:"max_shrink" doc:"Percent of its entries that the list may lose at once; more is held until honeymoat intel accept, and its blocks run out meanwhile. Default: 50."`
	MaxCover  int           `yaml:"max_cover" doc:"Percent of all addresses of IPv4, or of all that are given out of IPv6, that the list may be about; more is held until honeymoat intel accept. 100 = no bound. Default: 1, which is two and a half /8."`
	Timeout   time.Duration `yaml:"timeout" doc:"Time for one request. Default: 2m."`

	TokenFile    string `yaml:"token_file" doc:"File that holds a token for the server, or a key of a bouncer with format crowdsec; it is read anew for each look."`
	TokenHeader  string `yaml:"token_header" doc:"Header that takes the token as it stands. Default: Authorization, with Bearer before it, and X-Api-Key with format crowdsec."`
	User         string `yaml:"user" doc:"User for basic authentication."`
	PasswordFile string `yaml:"password_file" doc:"File that holds the user's password."`
}

// streamPath is where a CrowdSec server tells all of its decisions.
const streamPath = "v1/decisions/stream?startup=true"

func (l *BlockList) setDefaults() {
	setDefault(&l.Segment, "all")
	setDefault(&l.Action, "deny")
	setDefault(&l.Mode, "enforce")
	setDefault(&l.Lifetime, 24*time.Hour)
	setDefault(&l.PerMinute, 60_000)
	setDefault(&l.MaxCover, 1)
	if l.Format == indicator.CrowdSec {
		setDefault(&l.Refresh, time.Minute)
		setDefault(&l.TokenHeader, "X-Api-Key")
		if u, err := url.Parse(l.URL); err == nil && l.URL != "" && strings.Trim(u.Path, "/") == "" && u.RawQuery == "" {
			l.URL = strings.TrimSuffix(l.URL, "/") + "/" + streamPath
		}
	}
}

// Feed is how the list is fetched and read: as a threat feed of addresses.
func (l *BlockList) Feed() IntelFeed {
	f := IntelFeed{
		Name: l.Name, URL: l.URL, File: l.File, Format: l.Format, Kind: indicator.Address.String(),
		Columns: l.Columns, Header: l.Header, Separator: l.Separator, Every: l.Refresh, Timeout: l.Timeout,
		MaxBytes: l.MaxBytes, MaxShrink: l.MaxShrink, Expires: l.Lifetime,
		TokenFile: l.TokenFile, TokenHeader: l.TokenHeader, User: l.User, PasswordFile: l.PasswordFile,
	}
	f.setDefaults()
	return f
}

// lists checks lists, whose names are no feed's.
func (c *checker) lists(lists []BlockList, feeds []IntelFeed) {
	seen := map[string]string{}
	for _, f := range feeds {
		seen[f.Name] = "a threat feed"
	}
	for i := range lists {
		l, path := &lists[i], fmt.Sprintf("$.blocks.lists[%d]", i)
		c.name(path+".name", l.Name)
		if other := seen[l.Name]; other != "" {
			c.add(path+".name", fmt.Sprintf("%s is called %q too", other, l.Name), "names of lists and threat feeds are unique")
		}
		seen[l.Name] = "another list"
		f := l.Feed()
		c.lasts(path+".refresh", f.Every, time.Second)
		f.Every = time.Hour // as a feed's key it has another name
		c.feed(path, &f)
		c.oneOf(path+".format", l.Format, "", indicator.Auto, indicator.Plain, indicator.CSV, indicator.STIX, indicator.MISP, indicator.CrowdSec)
		c.name(path+".segment", l.Segment)
		c.oneOf(path+".action", l.Action, "deny", "drop", "divert", "flag")
		c.oneOf(path+".mode", l.Mode, "enforce", "shadow")
		c.lasts(path+".lifetime", l.Lifetime, time.Minute)
		c.within(path+".max_cover", l.MaxCover, 1, 100)
		c.within(path+".per_minute", l.PerMinute, 60, 600_000)
	}
	if n := len(lists) + len(feeds); n > maxFeeds {
		c.add("$.blocks.lists", fmt.Sprintf("%d lists and threat feeds", n), fmt.Sprintf("want up to %d", maxFeeds))
	}
}
