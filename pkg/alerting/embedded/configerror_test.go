package embedded

import (
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func TestBrokenConfigurationsAreLocated(t *testing.T) {
	f := func(file string, line int, at, hint string) {
		t.Helper()
		path := filepath.Join("testdata", file)
		_, err := New(Options{ConfigFile: path, DataDir: t.TempDir()}, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
		var located *ConfigError
		if !errors.As(err, &located) {
			t.Errorf("%s: error is %v, want a ConfigError", file, err)
			return
		}
		if filepath.Base(located.File) != at || located.Line != line {
			t.Errorf("%s: located at %s:%d, want %s:%d", file, located.File, located.Line, at, line)
		}
		if !strings.Contains(located.Hint, hint) {
			t.Errorf("%s: hint is %q, want %q in it", file, located.Hint, hint)
		}
	}
	f("bad_duration.yml", 3, "bad_duration.yml", "30s")
	f("bad_matcher.yml", 4, "bad_matcher.yml", `tier="page"`)
	f("broken_template.yml", 4, "broken.tmpl", "check the template")
	f("matchers_in_root.yml", 3, "matchers_in_root.yml", "routes:")
	f("missing_ca.yml", 9, "missing_ca.yml", "check the path")
	f("missing_template.yml", 2, "missing_template.yml", "put the file at")
	f("no_route.yml", 0, "no_route.yml", "needs a route:")
	f("no_smarthost.yml", 5, "no_smarthost.yml", "smtp_smarthost")
	f("receiver_twice.yml", 5, "receiver_twice.yml", "rename one")
	f("tab.yml", 2, "tab.yml", "spaces")
	f("undefined_receiver.yml", 5, "undefined_receiver.yml", "add it under receivers:")
	f("unknown_key.yml", 3, "unknown_key.yml", "spelling")
	f("not_there.yml", 0, "not_there.yml", "check the path")
}

func TestConfigErrorText(t *testing.T) {
	f := func(e ConfigError, want string) {
		t.Helper()
		if got := e.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	cause := errors.New("wrong")
	f(ConfigError{File: "a.yml", Line: 3, Hint: "do this", Err: cause}, "a.yml:3: wrong (do this)")
	f(ConfigError{File: "a.yml", Err: cause}, "a.yml: wrong")
}
