package stage

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/enforce/haproxy/haproxytest"
)

// TestHAProxyTakesLess: what is left of the documented configuration is one
// that HAProxy takes, with what it should have.
func TestHAProxyTakesLess(t *testing.T) {
	f := func(reduce func(string) string, has, hasNot []string) {
		t.Helper()
		p := haproxytest.Places{
			Dir: t.TempDir(), Listen: "127.0.0.1:1", Application: "127.0.0.1:2", Agent: "127.0.0.1:3", Decoys: "127.0.0.1:4", Log: "127.0.0.1:5",
		}
		if err := p.Configure(); err != nil {
			t.Fatal(err)
		}
		documented, err := os.ReadFile(p.File())
		if err != nil {
			t.Fatal(err)
		}
		text := reduce(string(documented))
		for _, want := range has {
			if !strings.Contains(text, want) {
				t.Errorf("it lacks %q:\n%s", want, text)
			}
		}
		for _, unwanted := range hasNot {
			if strings.Contains(text, unwanted) {
				t.Errorf("it has %q:\n%s", unwanted, text)
			}
		}
		takes(t, &p, text)
	}
	f(withoutAsking, []string{"deny-address.map", "log-format", "set-src", "honeymoat_decoys", "state.map"}, []string{"spoe", "honeymoat_agent"})
	f(withoutHoneymoat, []string{"set-src", "option httplog", "default_backend"}, []string{"honeymoat_", "txn.", "stats socket"})
}

// takes has HAProxy check a configuration, with empty maps.
func takes(t *testing.T, p *haproxytest.Places, text string) {
	t.Helper()
	if err := os.WriteFile(p.File(), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(p.Maps(), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, file := range regexp.MustCompile(`[^( ]+\.map`).FindAllString(text, -1) {
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("haproxy", "-c", "-f", p.File()).CombinedOutput(); err != nil {
		t.Errorf("haproxy -c: %v\n%s", err, out)
	}
}
