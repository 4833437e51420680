package config

import (
	"strings"
	"testing"
	"time"
)

func TestBlockLists(t *testing.T) {
	s, err := ParseService("f.yaml", []byte(`
blocks:
  lists:
    - {name: drop, url: "https://lists.example.net/drop.txt"}
    - {name: own, file: /etc/honeymoat/own.txt, segment: eu, action: flag, lifetime: 1h, mode: shadow}
    - {name: lapi, url: "http://127.0.0.1:8080", format: crowdsec, token_file: /etc/honeymoat/lapi}
`))
	if err != nil {
		t.Fatal(err)
	}
	drop, own, lapi := s.Blocks.Lists[0], s.Blocks.Lists[1], s.Blocks.Lists[2]
	if f := drop.Feed(); drop.Segment != "all" || drop.Action != "deny" || drop.Mode != "enforce" || f.Every != time.Hour || f.Expires != 24*time.Hour || f.Kind != "address" {
		t.Errorf("%+v", drop)
	}
	if f := own.Feed(); own.Segment != "eu" || f.Every != 10*time.Second || f.Expires != time.Hour {
		t.Errorf("%+v", own)
	}
	if f := lapi.Feed(); f.URL != "http://127.0.0.1:8080/v1/decisions/stream?startup=true" || f.TokenHeader != "X-Api-Key" || f.Every != time.Minute {
		t.Errorf("%+v", f)
	}
}

func TestBlockListsMistakes(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		_, err := ParseService("f.yaml", []byte("intel: {feeds: [{name: taken, file: x}]}\nblocks: {lists: ["+text+"]}"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	f(`{name: "A!", file: x}`, "name")
	f(`{name: taken, file: x}`, `a threat feed is called "taken" too`)
	f(`{name: a, file: x}, {name: a, file: y}`, `another list is called "a" too`)
	f(`{name: a}`, "without an origin")
	f(`{name: a, url: "http://lists.example.net/x", token_file: x}`, "in the clear")
	f(`{name: a, file: x, format: crawlers}`, "format")
	f(`{name: a, file: x, format: csv}`, "without a column for the value")
	f(`{name: a, file: x, segment: "A!"}`, "segment")
	f(`{name: a, file: x, action: throttle}`, "action")
	f(`{name: a, file: x, mode: canary}`, "mode")
	f(`{name: a, file: x, lifetime: 1s}`, "lifetime")
	f(`{name: a, file: x, refresh: 1ms}`, "lists[0].refresh")
}
