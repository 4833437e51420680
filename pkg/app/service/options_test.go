package service

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/detect"
	engine "github.com/honeymoat/honeymoat/pkg/store/embedded"
)

func parse(t *testing.T, text string) config.Service {
	t.Helper()
	cfg, err := config.ParseService("hm.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestCheckTellsAllMistakesAtOnce(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "decoys.yml"), "version: 9")
	write(t, filepath.Join(dir, "tokens.yaml"), "tokens: [{name: soc, role: king, sha256: x}]")
	write(t, filepath.Join(dir, "am.yml"), "route: {receiver: nobody}")
	text := strings.ReplaceAll(`
data_dir: DIR/data
decoys: {catalogue: DIR/decoys.yml}
api: {token_file: DIR/tokens.yaml, cert_file: DIR/none.pem, key_file: DIR/none.key}
alerting: {config_file: DIR/am.yml}
store: {url: "tcp://x", password_file: DIR/password}
bus: {credentials: DIR/bus.creds}
sources:
  - {name: one, paths: [x], format: json, fields: {nothing: {pointer: /x}}}
  - {name: two, paths: [y], format: json, fields: {nobody: {pointer: /y}}}
`, "DIR", dir)
	err := Check(parse(t, text))
	if err == nil {
		t.Fatal("no mistake was told")
	}
	for _, want := range []string{
		"decoys.yml:1:", `"king"`, "am.yml:1", "api.cert_file:", "api.key_file:", "store.password_file:", "bus.credentials:", "source one:", "source two:",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not told in:\n%v", want, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "data")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a check made the data directory: %v", err)
	}
	if err := Check(parse(t, "")); err != nil {
		t.Errorf("the defaults: %v", err)
	}
}

func TestNeedRestart(t *testing.T) {
	f := func(text string, want ...string) {
		t.Helper()
		if got := needRestart(parse(t, ""), parse(t, text)); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	f("")
	f("network: {allow: [192.0.2.7], internal: [192.0.2.0/24], own: [192.0.2.1]}")
	f("decoys: {catalogue: x.yml}")
	f("alerting: {config_file: x.yml}")
	f("network: {trusted_hops: [192.0.2.7]}", "network.trusted_hops")
	f("{bus: {max_bytes: 1GiB}, api: {listen: '127.0.0.1:1'}}", "api", "bus")
	f("blocks: {lists: [{name: x, file: y}]}")
	f("webhooks: [{name: x, url: 'https://x', secret_file: x}]", "webhooks")
	f("data_dir: /x", "api", "data_dir", "decoys.responder")
	f("{rollout: {shadow: 1h}, traffic: {max_clients: 5000}}", "rollout", "traffic")
	f("{baselines: {alerts_per_day: 9}, behaviour: {disable: [beacon]}}", "baselines", "behaviour")
	f("sources: [{name: x, paths: [x]}]")
	f("{evidence: {cap: 9}, tiers: [{name: several, tier: page, kinds: 3}]}")
	f("{alerting: {urls: ['http://x'], console_url: 'http://y', resolve_after: 1h}}", "alerting.console_url", "alerting.resolve_after", "alerting.urls")
}

func TestBusURLs(t *testing.T) {
	f := func(text string, want ...string) {
		t.Helper()
		if got := busURLs(parse(t, text)); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	f("")
	f("{bus: {listen: '192.0.2.1:4440'}, api: {names: [moat.example.net]}}", "tls://192.0.2.1:4440")
	f("{bus: {listen: '0.0.0.0:4440'}, api: {names: [moat.example.net, '2001:db8::1']}}", "tls://moat.example.net:4440", "tls://[2001:db8::1]:4440")
	f("{bus: {listen: ':4440', advertise: ['nat.example.net:5000']}, api: {names: [moat.example.net]}}", "tls://nat.example.net:5000")
}

func TestCertificateHosts(t *testing.T) {
	f := func(text string, want ...string) {
		t.Helper()
		if got := certificateHosts(parse(t, text)); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	f("", "127.0.0.1", "::1", "localhost")
	f("{api: {listen: '0.0.0.0:8440', names: [moat.example.net, localhost]}}", "127.0.0.1", "::1", "localhost", "moat.example.net")
	f("{api: {listen: '192.0.2.1:8440'}, bus: {listen: '[::]:4440', advertise: ['nat.example.net:5000']}}",
		"127.0.0.1", "192.0.2.1", "::1", "localhost", "nat.example.net")
}

func TestStoreOptions(t *testing.T) {
	d, password := openDir(t), filepath.Join(t.TempDir(), "password")
	write(t, password, "pass word\r\n")
	own, err := storeOptions(parse(t, "store: {engine: {listen: '127.0.0.1:9'}}").Store, d)
	if err != nil || !reflect.DeepEqual(own.Addresses, []string{"127.0.0.1:9"}) || own.User != engine.ServiceUser || len(own.Password) < 20 || own.TLS != nil {
		t.Errorf("embedded: %+v, %v", own, err)
	}
	other, err := storeOptions(config.Store{URL: "https://a.example.net:8443,b.example.net:8443/moat/", User: "hm", PasswordFile: password, Cluster: "c"}, d)
	if err != nil || !reflect.DeepEqual(other.Addresses, []string{"a.example.net:8443", "b.example.net:8443"}) ||
		other.Database != "moat" || other.User != "hm" || other.Password != "pass word" || other.Cluster != "c" || other.TLS == nil {
		t.Errorf("a cluster: %+v, %v", other, err)
	}
	for _, bad := range []config.Store{{URL: "tcp://x:9000"}, {URL: "http://"}, {URL: ":"}, {URL: "http://me:secret@x"}, {URL: "http://x,/y"}, {URL: "http://x/y?z=1"}, {URL: "http://x", PasswordFile: password + ".none"}} {
		if opts, err := storeOptions(bad, d); err == nil {
			t.Errorf("%+v became %+v", bad, opts)
		}
	}
}

func TestRetentionKeepsRecordsLongerThanEvents(t *testing.T) {
	if r := retention(30); r.Events != 30 || r.Agents != 30 || r.Traffic != 360 || r.Records != 360 {
		t.Errorf("%+v", r)
	}
}

func TestByBlock(t *testing.T) {
	a, b := block.NewID("a"), block.NewID("b")
	got := byBlock([]detect.Denial{{Block: a}, {Block: b}, {Block: a}})
	if !reflect.DeepEqual(got, map[block.ID]uint64{a: 2, b: 1}) || byBlock(nil) != nil {
		t.Errorf("%v", got)
	}
}

func TestDroppedCountsEachBatchOnce(t *testing.T) {
	var d dropped
	d.note(10, 15)
	d.note(10, 15)
	d.note(12, 18)
	d.note(20, 21)
	if n := d.batches.Load(); n != 5+3+1 {
		t.Errorf("%d batches", n)
	}
}

func TestPersistTriesAgain(t *testing.T) {
	s := &Service{log: slog.New(slog.DiscardHandler)}
	calls := 0
	err := s.persist(t.Context(), "part", func(context.Context) error {
		if calls++; calls < 3 {
			return errors.New("away")
		}
		return nil
	})
	if err != nil || calls != 3 {
		t.Errorf("%d calls, %v", calls, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = s.persist(ctx, "part", func(context.Context) error { cancel(); return errors.New("away") })
	if err != nil {
		t.Errorf("a stop is no failure: %v", err)
	}
}
