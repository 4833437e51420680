package tailer

import (
	"slices"
	"testing"
)

func TestWhatANameWasRotatedFrom(t *testing.T) {
	f := func(name, from string, want bool) {
		t.Helper()
		if got := rotatedFrom(name); slices.Contains(got, from) != want {
			t.Errorf("%s is rotated from %q; %s: want %v", name, got, from, want)
		}
	}
	f("access.log.1", "access.log", true)
	f("access.log.12.gz", "access.log", true)
	f("access.log.gz", "access.log", true)
	f("access.log-20240101", "access.log", true)
	f("access.log-20240101-1700000000.zst", "access.log", true)
	f("access.log.2024-01-01T00:00:00", "access.log", true)
	f("access-20240101.log", "access.log", true)
	f("access-2024-01-01T15-04-05.000.log.gz", "access.log", true)
	f("access.1.log", "access.log", true)
	f("access.log.old", "access.log", true)
	f("app-1.log.2", "app-1.log", true)
	f("app.2024.1", "app.2024", true)
	f("access.log", "access.log", false)
	f("access2.log", "access.log", false)
	f("access_error.log", "access.log", false)
	f("access.log.bak", "access.log", true)
	f("access.log.copy2.gz", "access.log", true)
	f("access.log.html", "access.log", false)
	f("1", "", false)
	f("-1", "", false)
	f("", "", false)
}

func TestRotatedFormsOfPatterns(t *testing.T) {
	f := func(path string, want bool, patterns ...string) {
		t.Helper()
		if isRotated(patterns, path) != want {
			t.Errorf("%s of %q: want %v", path, patterns, want)
		}
	}
	f("/l/access.log.1", true, "/l/access.log")
	f("/l/a/access.log.1.gz", true, "/l/*/access.log")
	f("/l/b.log.3", true, "/l/*.log")
	f("/m/access.log.1", false, "/l/access.log")
	f("/l/error.log.1", false, "/l/access.log")
}
