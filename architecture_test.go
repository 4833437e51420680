package honeymoat_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/honeymoat/honeymoat/"

// The rooms that are not floors.
const (
	data = -1
	test = -2
)

// house is what ARCHITECTURE.md says.
type house struct {
	floors map[string]int      // package → floor, data or test
	owners map[string][]string // third-party module → packages
	paths  []string            // everything in the text that looks like a path
}

func readHouse(t *testing.T) house {
	t.Helper()
	text, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	h := house{floors: map[string]int{}, owners: map[string][]string{}}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		names := quoted(line)
		switch {
		case len(cells) == 3 && len(names) > 0:
			h.floors[names[0]] = floor(t, strings.TrimSpace(cells[0]))
		case len(cells) == 2 && len(names) > 1:
			h.owners[names[0]] = names[1:]
		}
		for _, name := range names {
			if regexp.MustCompile(`^(pkg|cmd|deploy|migrations|dashboards|bench)(/[\w.-]+)*$`).MatchString(name) {
				h.paths = append(h.paths, name)
			}
		}
	}
	return h
}

func floor(t *testing.T, cell string) int {
	t.Helper()
	switch cell {
	case "data":
		return data
	case "test":
		return test
	}
	n, err := strconv.Atoi(cell)
	if err != nil {
		t.Fatalf("ARCHITECTURE.md: floor %q is not a number", cell)
	}
	return n
}

func quoted(line string) []string {
	var names []string
	for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(line, -1) {
		names = append(names, m[1])
	}
	return names
}

// listed is what `go list -json` says of a package.
type listed struct {
	ImportPath string
	GoFiles    []string
	Imports    []string
}

func (p listed) name() string { return strings.TrimPrefix(p.ImportPath, module) }

func listPackages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := dec.Decode(&p); err == io.EOF {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		if len(p.GoFiles) > 0 {
			packages = append(packages, p)
		}
	}
}

func TestImportsPointDown(t *testing.T) {
	h := readHouse(t)
	packages := listPackages(t)
	for _, p := range packages {
		own, ok := h.floors[p.name()]
		if !ok {
			t.Errorf("%s has no room: give it a row in ARCHITECTURE.md", p.name())
			continue
		}
		for _, path := range p.Imports {
			if problem := h.judge(p.name(), own, path); problem != "" {
				t.Errorf("%s: %s", p.name(), problem)
			}
		}
	}
	for name := range h.floors {
		if !slices.ContainsFunc(packages, func(p listed) bool { return p.name() == name }) {
			t.Errorf("ARCHITECTURE.md gives a room to %s, which does not exist", name)
		}
	}
}

// judge tells what is wrong with an import, or "".
func (h house) judge(importer string, own int, imported string) string {
	if !strings.Contains(strings.SplitN(imported, "/", 2)[0], ".") {
		return judgeStandard(own, imported)
	}
	name, ours := strings.CutPrefix(imported, module)
	if !ours {
		return h.judgeThirdParty(importer, own, imported)
	}
	switch target, ok := h.floors[name]; {
	case !ok:
		return "imports " + name + ", which has no room"
	case target == data || own == test || h.sameRoom(importer, name):
		return ""
	case target == test:
		return "imports " + name + ", which is for tests only"
	case target >= own:
		return fmt.Sprintf("floor %d imports %s of floor %d: imports point down", own, name, target)
	}
	return ""
}

// sameRoom tells whether a package lies inside its importer, around it, or
// beside it inside another package of the house.
func (h house) sameRoom(importer, name string) bool {
	_, inRoom := h.floors[path.Dir(importer)]
	return strings.HasPrefix(name, importer+"/") || strings.HasPrefix(importer, name+"/") ||
		inRoom && path.Dir(importer) == path.Dir(name)
}

// judgeStandard keeps I/O, clocks and loggers off floors 0 and 1.
func judgeStandard(own int, imported string) string {
	banned := []string{"log", "log/slog", "net/http", "os", "os/exec", "os/signal", "database/sql", "io/ioutil", "context"}
	if (own == 0 || own == 1) && slices.Contains(banned, imported) {
		return fmt.Sprintf("floor %d imports %s: no I/O, logger or goroutine here", own, imported)
	}
	return ""
}

func (h house) judgeThirdParty(importer string, own int, imported string) string {
	if own == test {
		return ""
	}
	best := ""
	for owned := range h.owners {
		if (imported == owned || strings.HasPrefix(imported, owned+"/")) && len(owned) > len(best) {
			best = owned
		}
	}
	if best == "" {
		return "imports " + imported + ", which has no owner in ARCHITECTURE.md"
	}
	if !slices.Contains(h.owners[best], importer) {
		return fmt.Sprintf("imports %s, which belongs to %v", imported, h.owners[best])
	}
	return ""
}

// TestLowFloorsArePure finds calls that floors 0 and 1 may not make although
// they may import the package.
func TestLowFloorsArePure(t *testing.T) {
	h := readHouse(t)
	impure := map[string][]string{
		"time": {"Now", "Since", "Until", "Sleep", "After", "Tick", "NewTimer", "NewTicker"},
		"net":  {"Dial", "DialTimeout", "Listen", "ListenPacket", "LookupHost", "LookupIP", "LookupAddr", "Interfaces", "InterfaceAddrs"},
	}
	for name, own := range h.floors {
		if own != 0 && own != 1 {
			continue
		}
		for _, file := range goFiles(t, name) {
			ast.Inspect(parseFile(t, file), func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.GoStmt:
					t.Errorf("%s: floor %d starts a goroutine", file, own)
				case *ast.SelectorExpr:
					if x, ok := n.X.(*ast.Ident); ok && slices.Contains(impure[x.Name], n.Sel.Name) {
						t.Errorf("%s: floor %d calls %s.%s", file, own, x.Name, n.Sel.Name)
					}
				}
				return true
			})
		}
	}
}

func goFiles(t *testing.T, dir string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(f string) bool { return strings.HasSuffix(f, "_test.go") })
}

func parseFile(t *testing.T, file string) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestNoGlobalStartUp(t *testing.T) {
	for _, p := range listPackages(t) {
		for _, file := range goFiles(t, p.name()) {
			for _, d := range parseFile(t, file).Decls {
				if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == "init" && f.Recv == nil {
					t.Errorf("%s: has an init function", file)
				}
			}
		}
	}
}

func TestEveryPackageIsDocumentedOnce(t *testing.T) {
	floors := readHouse(t).floors
	for _, p := range listPackages(t) {
		var docs []string
		for _, file := range goFiles(t, p.name()) {
			if doc := parseFile(t, file).Doc; doc != nil && strings.TrimSpace(doc.Text()) != "" {
				docs = append(docs, doc.Text())
			}
		}
		switch {
		case len(docs) != 1:
			t.Errorf("%s has %d package comments, want one", p.name(), len(docs))
		case !strings.HasPrefix(docs[0], "Package ") && !strings.HasPrefix(docs[0], "Command "):
			t.Errorf("%s: package comment begins %.30q", p.name(), docs[0])
		case strings.HasPrefix(p.name(), "pkg/") && floors[p.name()] != test && !regexp.MustCompile(`never|nothing`).MatchString(docs[0]):
			t.Errorf("%s: package comment does not say what the package never does", p.name())
		}
	}
}

func TestPathsInDocumentsExist(t *testing.T) {
	for _, path := range readHouse(t).paths {
		if _, err := os.Stat(path); err != nil {
			t.Errorf("ARCHITECTURE.md names %s: %v", path, err)
		}
	}
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (strings.HasPrefix(d.Name(), ".") && d.Name() != ".") {
			return fs.SkipDir
		}
		if filepath.Ext(path) != ".md" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), m[1])); err != nil {
				t.Errorf("%s links to %s: %v", path, m[1], err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestAgentStaysSmall: the agent runs on gateways; each of these would bring
// tens of megabytes and a server's worth of attack surface with it.
func TestAgentStaysSmall(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "./cmd/honeymoat-agent").Output()
	if err != nil {
		t.Fatalf("go list -deps: %v", err)
	}
	for dep := range strings.Lines(string(out)) {
		dep = strings.TrimSpace(dep)
		for _, heavy := range []string{"github.com/ClickHouse", "github.com/prometheus/alertmanager", "github.com/nats-io/nats-server", "github.com/ebitengine/purego", "github.com/gin-gonic"} {
			if strings.HasPrefix(dep, heavy) {
				t.Errorf("the agent links %s", dep)
			}
		}
	}
}
