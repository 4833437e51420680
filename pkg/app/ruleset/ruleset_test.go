package ruleset

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// ruleText is a rule that finds a path.
func ruleText(title, path string) string {
	return "title: " + title + "\nid: id-of-" + title + "\nlogsource: {category: webserver}\ndetection:\n  s: {path: " + path + "}\n  condition: s\n"
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func load(t *testing.T, o Options) *Set {
	t.Helper()
	s, err := Load(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func titles(c *sigma.Collection) string {
	var all []string
	for _, r := range c.Rules {
		all = append(all, r.Title)
	}
	return strings.Join(all, " ")
}

func TestShippedRulesLoad(t *testing.T) {
	s := load(t, Options{Shipped: true})
	if len(s.Mistakes) > 0 || len(s.Collection.Rules) < 50 || len(s.Collection.Correlations) < 20 {
		t.Errorf("%d rules, %d correlations, mistakes: %v", len(s.Collection.Rules), len(s.Collection.Correlations), s.Mistakes)
	}
}

func TestFoldersAndFilesAreRead(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.yml"), ruleText("a", "/a"))
	write(t, filepath.Join(dir, "deep", "b.yaml"), ruleText("b", "/b"))
	write(t, filepath.Join(dir, "a.test.yml"), "tests: []")
	write(t, filepath.Join(dir, ".git", "c.yml"), ruleText("c", "/c"))
	write(t, filepath.Join(dir, "notes.txt"), "no rule")
	other := filepath.Join(t.TempDir(), "named")
	write(t, other, ruleText("d", "/d"))
	s := load(t, Options{Folders: []string{dir, other}})
	if got := titles(s.Collection); got != "a b d" || len(s.Mistakes) > 0 {
		t.Errorf("read %q, mistakes %v", got, s.Mistakes)
	}
	if s.Collection.Rules[1].Place.File != filepath.Join(dir, "deep", "b.yaml") {
		t.Errorf("it stands in %s", s.Collection.Rules[1].Place.File)
	}
}

func TestMistakesLeaveTheOthersInForce(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.yml"), ruleText("a", "/a"))
	write(t, filepath.Join(dir, "b.yml"), strings.Replace(ruleText("b", "/b"), "condition: s", "condition: t", 1))
	s := load(t, Options{Folders: []string{dir}})
	if titles(s.Collection) != "a" || len(s.Mistakes) != 1 || s.Mistakes[0].File != filepath.Join(dir, "b.yml") || s.Mistakes[0].Line == 0 {
		t.Errorf("read %q, mistakes %v", titles(s.Collection), s.Mistakes)
	}
}

func TestARunningFileThatBreaksGoesOn(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.yml"), filepath.Join(dir, "b.yml")
	write(t, a, ruleText("a", "/a"))
	write(t, b, ruleText("b", "/b"))
	running := load(t, Options{Folders: []string{dir}})
	write(t, a, "title: [")
	write(t, b, ruleText("better", "/b"))
	for range 2 { // it goes on over a second reload, too
		running = load(t, Options{Folders: []string{dir}, Running: running})
		if titles(running.Collection) != "a better" || len(running.Mistakes) != 1 || len(running.Kept) != 1 || running.Kept[0] != a {
			t.Fatalf("read %q, kept %v, mistakes %v", titles(running.Collection), running.Kept, running.Mistakes)
		}
	}
	write(t, a, ruleText("mended", "/a"))
	if mended := load(t, Options{Folders: []string{dir}, Running: running}); titles(mended.Collection) != "mended better" || len(mended.Mistakes)+len(mended.Kept) > 0 {
		t.Errorf("read %q, kept %v, mistakes %v", titles(mended.Collection), mended.Kept, mended.Mistakes)
	}
}

func TestDisabledRulesAreLeftOut(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.yml"), ruleText("a", "/a")+"---\n"+ruleText("b", "/b"))
	if s := load(t, Options{Folders: []string{dir}, Disable: []string{"id-of-a"}}); titles(s.Collection) != "b" {
		t.Errorf("read %q", titles(s.Collection))
	}
	f := func(name, hint string) {
		t.Helper()
		s := load(t, Options{Folders: []string{dir}, Disable: []string{name}})
		if titles(s.Collection) != "a b" || len(s.Mistakes) != 1 || !strings.Contains(s.Mistakes.Error(), hint) {
			t.Errorf("disable %q: read %q, mistakes %v", name, titles(s.Collection), s.Mistakes)
		}
	}
	f("id-of-x", `did you mean "id-of-a"?`)
	f("decoy.env-file", "decoys.catalogue")
	f("intel.own", "intel.feeds")
	f("something else entirely", "rules list")
}

func TestLoadFailure(t *testing.T) {
	f := func(want string, folders ...string) {
		t.Helper()
		if _, err := Load(Options{Folders: folders}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v, want %q in it", folders, err, want)
		}
	}
	f("no such file", filepath.Join(t.TempDir(), "missing"))
}

func TestAFileThatIsTooLargeLeavesTheOthersInForce(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.yml"), ruleText("a", "/a"))
	write(t, filepath.Join(dir, "large.yml"), ruleText("b", "/b")+strings.Repeat("#", sigma.MaxSource))
	s := load(t, Options{Folders: []string{dir}})
	if titles(s.Collection) != "a" || len(s.Mistakes) != 1 || !strings.Contains(s.Mistakes[0].Hint, "split it") {
		t.Errorf("read %q, mistakes %v", titles(s.Collection), s.Mistakes)
	}
}

// A kept file may have what another one has come to have meanwhile.
func TestMistakesBesideAKeptFileAreTold(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.yml"), filepath.Join(dir, "b.yml")
	write(t, a, ruleText("a", "/a"))
	running := load(t, Options{Folders: []string{dir}})
	write(t, a, "title: [")
	write(t, b, ruleText("a", "/b"))
	s := load(t, Options{Folders: []string{dir}, Running: running})
	if titles(s.Collection) != "a" || len(s.Kept) != 1 || len(s.Mistakes) != 2 || s.Mistakes[1].File != b {
		t.Errorf("read %q, kept %v, mistakes %v", titles(s.Collection), s.Kept, s.Mistakes)
	}
}
