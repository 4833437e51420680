package service

import (
	"slices"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/indicator"
	"github.com/honeymoat/honeymoat/pkg/intel"
)

func TestFeeds(t *testing.T) {
	cfg, err := config.ParseService("x.yaml", []byte(`
network: {own: [192.0.2.0/24], allow: [198.51.100.7]}
intel:
  feeds:
    - {name: a, url: "https://intel.example.net/a", kind: domain, only: [c2], tier: notify, block: {ttl: 1h}}
    - {name: b, file: /x, format: csv, columns: {value: 1}, separator: ";", block: {ttl: 30m, mode: enforce}}
`))
	if err != nil {
		t.Fatal(err)
	}
	feeds := Feeds(cfg.Intel)
	if a := feeds[0]; a.Read.Kind != indicator.Domain || a.Read.Only[0] != "c2" || a.Every != time.Hour || a.Read.Expires != 720*time.Hour {
		t.Errorf("%+v", a)
	}
	if b := feeds[1]; b.Read.Table.Separator != ';' || b.File != "/x" || b.Read.Format != indicator.CSV {
		t.Errorf("%+v", b)
	}
	listings := Listings(cfg.Intel)
	if a := listings["a"]; a.Tier != finding.Notify || a.Wanted.LifetimeSeconds != 3600 || !a.Wanted.Shadow {
		t.Errorf("%+v", a)
	}
	if b := listings["b"]; b.Tier != finding.Log || b.Wanted.LifetimeSeconds != 1800 || b.Wanted.Shadow {
		t.Errorf("%+v", b)
	}
	if own := OwnNetworks(cfg.Network); len(own) != 6 {
		t.Errorf("%v", own)
	}
}

func TestFeedTroubles(t *testing.T) {
	fine := intel.State{Feed: "fine", Failures: failuresToTell - 1, Problem: "once in a while"}
	held := intel.State{Feed: "held", Held: &intel.Held{Reason: "it has 1 indicator, and had 100"}, Failures: 9}
	away := intel.State{Feed: "away", Failures: failuresToTell, Problem: "no such host"}
	want := []string{
		"threat feed held is held, for it has 1 indicator, and had 100: if that is right, honeymoat intel accept held",
		"threat feed away cannot be read: no such host",
	}
	if got := feedTroubles([]intel.State{fine, held, away}); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := feedTroubles([]intel.State{fine}); got != nil {
		t.Errorf("%q", got)
	}
}
