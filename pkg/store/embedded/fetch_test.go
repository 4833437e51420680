package embedded_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const fetchScript = "../../../deploy/engine/fetch.sh"

// fetch runs the script with an npm of the test's making.
func fetch(t *testing.T, npm, dest string) (string, error) {
	t.Helper()
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "npm"), []byte("#!/bin/sh\n"+npm), 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", fetchScript, dest)
	cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func isEmpty(t *testing.T, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range left {
		t.Errorf("left behind: %s", entry.Name())
	}
}

func TestFetchRefusesAnotherArchive(t *testing.T) {
	dest := filepath.Join(t.TempDir(), "engine")
	const forged = `while [ "$1" != --pack-destination ]; do shift; done
echo forged >"$2/chdb.tgz"`
	out, err := fetch(t, forged, dest)
	if err == nil || !strings.Contains(out, "refused") || !strings.Contains(out, "digest") {
		t.Errorf("a forged archive: %v, %q", err, out)
	}
	isEmpty(t, dest)
}

func TestFetchSaysWhatFailed(t *testing.T) {
	dest := filepath.Join(t.TempDir(), "engine")
	out, err := fetch(t, "exit 1", dest)
	if err == nil || !strings.Contains(out, "npm could not fetch") {
		t.Errorf("npm fails: %v, %q", err, out)
	}
	isEmpty(t, dest)
}

func TestFetchIsDoneOnce(t *testing.T) {
	script, err := os.ReadFile(fetchScript)
	if err != nil {
		t.Fatal(err)
	}
	dest := t.TempDir()
	for name, text := range map[string]string{"libchdb.so": "library", "libchdb.version": stamp(t, string(script))} {
		if err := os.WriteFile(filepath.Join(dest, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := fetch(t, "exit 1", dest); err != nil {
		t.Errorf("fetched again: %v, %q", err, out)
	}
}

// stamp is what the script leaves beside the library that it pins.
func stamp(t *testing.T, script string) string {
	t.Helper()
	value := func(name string) string {
		for line := range strings.Lines(script) {
			if v, ok := strings.CutPrefix(strings.TrimSpace(line), name+"="); ok {
				return v
			}
		}
		t.Fatalf("the script pins no %s", name)
		return ""
	}
	return value("package") + "@" + value("version") + " " + value("sha512") + "\n"
}
