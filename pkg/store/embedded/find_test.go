package embedded

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFindLibrary(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	t.Setenv(LibraryEnv, "")
	named, local := filepath.Join(dir, "named.so"), filepath.Join(dir, ".cache", "engine", "libchdb.so")
	touch(t, named)
	if _, err := os.Stat("/usr/lib/libchdb.so"); err != nil {
		if _, err := FindLibrary(""); !errors.Is(err, ErrNoLibrary) || !strings.Contains(err.Error(), "make engine") {
			t.Errorf("nothing there: %v", err)
		}
	}
	touch(t, local)
	f := func(configured, env, want string) {
		t.Helper()
		t.Setenv(LibraryEnv, env)
		if got, err := FindLibrary(configured); err != nil || got != want {
			t.Errorf("configured %q, environment %q: got %q, %v, want %q", configured, env, got, err, want)
		}
	}
	f("", "", local)
	f("", named, named)
	f("named.so", local, named)

	t.Setenv(LibraryEnv, "")
	for _, wrong := range []string{"missing.so", dir} {
		if got, err := FindLibrary(wrong); !errors.Is(err, ErrNoLibrary) || !strings.Contains(err.Error(), wrong) {
			t.Errorf("%s: got %q, %v: another library was taken in its place", wrong, got, err)
		}
	}
}

func touch(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}
