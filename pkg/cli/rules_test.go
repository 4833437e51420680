package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// rulesTree makes a folder with files and goes there.
func rulesTree(t *testing.T, files ...string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, name := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSurroundings(t *testing.T) {
	rulesTree(t, "a/one.yml", "a/one.test.yml", "a/two.yaml", "a/notes.txt", "a/in/three.yml", "b/four.yml")
	f := func(paths []string, want ...string) {
		t.Helper()
		got, err := surroundings(paths)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v:\n%s", paths, diff)
		}
	}
	f([]string{"a"}, "a")
	f([]string{"./a/", "a/in", "b"}, "a", "b")
	f([]string{"a/one.yml"}, "a/one.yml", "a/two.yaml")
	f([]string{"a/two.yaml", "a/one.yml"}, "a/two.yaml", "a/one.yml")
	f([]string{"a/one.yml", "a"}, "a")
	f([]string{"a/notes.txt"}, "a/notes.txt", "a/one.yml", "a/two.yaml")
	f([]string{".", "b/four.yml"}, ".")
	f([]string{shippedRules, "b"}, "b")
	if got, err := surroundings([]string{"c"}); err == nil {
		t.Errorf("a folder that is not there: %v", got)
	}
}

func TestInside(t *testing.T) {
	f := func(path, file string, want bool) {
		t.Helper()
		if got := inside([]string{path})(file); got != want {
			t.Errorf("%s in %s: %v", file, path, got)
		}
	}
	f("a", "a/one.yml", true)
	f("./a/", "a/in/one.yml", true)
	f("a", "ab/one.yml", false)
	f("a/one.yml", "a/one.yml", true)
	f("a/one.yml", "a/two.yml", false)
	f(".", "one.yml", true)
	f("..", "../x/one.yml", true)
	f("a", "../a/one.yml", false)
	f("/x", "/x/one.yml", true)
	f(shippedRules, "shipped/scanner/tools.yml", true)
	f("rules", "shipped/scanner/tools.yml", false)
}

func TestTestsStandForTheirRules(t *testing.T) {
	got := untested([]string{"a/one.test.yml", "a/two.test.yaml", "a/three.yml", "a"})
	if diff := cmp.Diff([]string{"a/one.yml", "a/two.yaml", "a/three.yml", "a"}, got); diff != "" {
		t.Error(diff)
	}
}
