package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/mistake"
)

func TestDefaultsAreValid(t *testing.T) {
	s, err := ReadService("")
	if err != nil {
		t.Fatal(err)
	}
	if s.API.Listen != "127.0.0.1:8440" || s.Bus.Listen != "" || s.Decoys.Responder.Listen != "" {
		t.Errorf("by default only one front listens, on loopback: %+v", s)
	}
	for _, nothing := range []string{"", "# a comment\n", "---\n"} {
		if _, err := ParseAgent("", []byte(nothing)); err != nil {
			t.Errorf("%q: %v", nothing, err)
		}
	}
}

func TestParseService(t *testing.T) {
	s, err := ParseService("x.yaml", []byte(`
data_dir: /srv/hm
network: {allow: [192.0.2.7, "2001:db8::/32"]}
sources:
  - name: edge
    paths: [/var/log/nginx/*.log]
    format: json
    fields: {path: {pointer: /request/uri}, duration: {pointer: /t, unit: ms}}
bus: {max_bytes: 2GiB, lease_ttl: 5s}
`))
	if err != nil {
		t.Fatal(err)
	}
	if s.Bus.MaxBytes != 2<<30 || s.Bus.LeaseTTL != 5*time.Second || s.Store.RetentionDays != 30 {
		t.Errorf("%+v", s)
	}
	if got := s.Network.Allow.Prefixes(); len(got) != 2 || got[0].String() != "192.0.2.7/32" {
		t.Errorf("allow: %v", got)
	}
	if edge := s.Sources[0]; edge.Gateway != "edge" || edge.Kind != "access" || edge.From != "beginning" {
		t.Errorf("source defaults: %+v", edge)
	}
}

// TestMistakesAreTold names each fixture after its fault; the first line of
// a fixture is a comment with what must be told.
func TestMistakesAreTold(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) < 10 {
		t.Fatalf("fixtures: %v, %v", files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		parse := func() error { _, err := ParseService(name, data); return err }
		if strings.HasPrefix(name, "agent_") {
			parse = func() error { _, err := ParseAgent(name, data); return err }
		}
		want, _, _ := strings.Cut(strings.TrimPrefix(string(data), "# "), "\n")
		err = parse()
		var problems mistake.List
		if !errors.As(err, &problems) {
			t.Errorf("%s: %v is not a mistake.List", name, err)
			continue
		}
		for _, part := range strings.Split(want, " && ") {
			if !strings.Contains(err.Error(), part) || !strings.Contains(err.Error(), name+":") {
				t.Errorf("%s:\n got %s\nwant %s", name, err, part)
			}
		}
	}
}

func TestSizeRoundTrip(t *testing.T) {
	f := func(in string, want int64, out string) {
		t.Helper()
		var s Size
		if err := s.UnmarshalText([]byte(in)); err != nil || int64(s) != want {
			t.Errorf("%s is %d, %v", in, s, err)
		}
		if text, _ := s.MarshalText(); string(text) != out {
			t.Errorf("%s came out as %s", in, text)
		}
	}
	f("10GiB", 10<<30, "10GiB")
	f("1536 MiB", 1536<<20, "1536MiB")
	f("1024", 1024, "1KiB")
	f("1000", 1000, "1000")
	f("0", 0, "0")
	for _, bad := range []string{"", "x", "10GB", "-1", "99999999TiB"} {
		var s Size
		if err := s.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q was taken as %d bytes", bad, s)
		}
	}
}

func TestEveryKeyIsDocumented(t *testing.T) {
	for _, keys := range [][]Key{Keys(DefaultService()), Keys(DefaultAgent())} {
		for _, k := range keys {
			if k.Doc == "" || !strings.HasSuffix(k.Doc, ".") || strings.HasSuffix(k.Name, ".") {
				t.Errorf("key %q has no sentence of documentation: %q", k.Name, k.Doc)
			}
		}
	}
}

func FuzzParseService(f *testing.F) {
	f.Add([]byte("sources: [{name: a, paths: ['[']}]"))
	f.Add([]byte("bus: {max_bytes: 1}"))
	f.Add([]byte(": : :\n\t- x"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		_, _ = ParseService("x.yaml", data)
	})
}
