package ruleset

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/decoy"
	"github.com/honeymoat/honeymoat/pkg/mistake"
	"github.com/honeymoat/honeymoat/pkg/sigma"
	"github.com/honeymoat/honeymoat/rules"
)

// ShippedPrefix begins the names of the shipped files, in front of the slash.
const ShippedPrefix = "shipped"

// Options say which rules are read.
type Options struct {
	Shipped bool
	Folders []string // folders, read with all that lies in them, and files
	Disable []string // ids, names or titles
	// Placeholders replace the shipped ones of the same name.
	Placeholders map[string][]string
	// Running is what was loaded before, on a reload: a file of it that has a
	// mistake now goes on as it was. Nil: nothing was.
	Running *Set
}

// Set is what was read.
type Set struct {
	Collection *sigma.Collection
	Sources    []sigma.Source // the files, shipped ones first
	Tests      []sigma.Source // the test files beside them, not looked into
	// Mistakes are what was refused; the rest is in the collection.
	Mistakes mistake.List
	// Kept are the files that have a mistake and go on as they were.
	Kept []string
	// Placeholders are the values by which the sources were read.
	Placeholders map[string][]string
}

// Load reads rules. The error is about files and folders that cannot be read;
// mistakes in rules, and entries of Disable that name none, are in the set.
func Load(o Options) (*Set, error) {
	s := &Set{}
	if o.Shipped {
		if err := s.read(rules.Files, ".", ShippedPrefix); err != nil {
			return nil, fmt.Errorf("shipped rules: %w", err)
		}
	}
	for _, name := range o.Folders {
		if err := s.add(name); err != nil {
			return nil, fmt.Errorf("read rules: %w", err)
		}
	}
	placeholders, err := shippedPlaceholders()
	if err != nil {
		return nil, fmt.Errorf("shipped placeholders: %w", err)
	}
	for name, values := range o.Placeholders {
		placeholders[name] = values
	}
	s.Placeholders = placeholders
	s.parse(placeholders, o.Running)
	s.disable(o.Disable)
	return s, nil
}

// parse reads the sources; those with a mistake as they are running, if they are.
func (s *Set) parse(placeholders map[string][]string, running *Set) {
	o := sigma.Options{Placeholders: placeholders}
	s.Collection, s.Mistakes = sigma.Parse(o, s.Sources...)
	for i := range s.Sources {
		name := s.Sources[i].Name
		if data, ok := running.right(name); ok && s.wrong(name) {
			s.Sources[i].Data = data
			s.Kept = append(s.Kept, name)
		}
	}
	if len(s.Kept) == 0 {
		return
	}
	kept, mistakes := sigma.Parse(o, s.Sources...)
	// New ones, such as an id that a kept file has still.
	mistakes = slices.DeleteFunc(mistakes, func(m mistake.Mistake) bool { return s.wrong(m.File) })
	s.Collection, s.Mistakes = kept, append(s.Mistakes, mistakes...)
}

// wrong tells whether a file has a mistake.
func (s *Set) wrong(name string) bool {
	return slices.ContainsFunc(s.Mistakes, func(m mistake.Mistake) bool { return m.File == name })
}

// right gives a file as it was when it had no mistake.
func (s *Set) right(name string) ([]byte, bool) {
	if s == nil || s.wrong(name) && !slices.Contains(s.Kept, name) {
		return nil, false
	}
	i := slices.IndexFunc(s.Sources, func(f sigma.Source) bool { return f.Name == name })
	if i < 0 {
		return nil, false
	}
	return s.Sources[i].Data, true
}

// add reads a folder or a file.
func (s *Set) add(name string) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return s.read(os.DirFS(name), ".", name)
	}
	files, folder := os.DirFS(filepath.Dir(name)), filepath.Dir(name)
	if test := TestOf(filepath.Base(name)); !IsTest(name) {
		if _, err := fs.Stat(files, test); err == nil {
			if err := s.take(&s.Tests, files, test, folder); err != nil {
				return err
			}
		}
	}
	return s.read(files, filepath.Base(name), folder)
}

// read takes the rule files below root, in the order of their names; prefix
// is what comes before their names in messages.
func (s *Set) read(files fs.FS, root, prefix string) error {
	return fs.WalkDir(files, root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case d.IsDir():
			return nil
		case IsTest(path):
			return s.take(&s.Tests, files, path, prefix)
		case IsRule(path) || path == root:
			return s.take(&s.Sources, files, path, prefix)
		}
		return nil
	})
}

// take reads a file into a list.
func (s *Set) take(list *[]sigma.Source, files fs.FS, path, prefix string) error {
	name := filepath.Join(prefix, path)
	data, err := readBounded(files, path)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	*list = append(*list, sigma.Source{Name: name, Data: data})
	return nil
}

// readBounded reads a file, of one that is too large enough for Parse to
// refuse it.
func readBounded(files fs.FS, path string) ([]byte, error) {
	f, err := files.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // read only
	return io.ReadAll(io.LimitReader(f, sigma.MaxSource+1))
}

// IsRule tells whether a file in a folder of rules is one: *.yml or *.yaml,
// and neither a test nor the list of placeholders.
func IsRule(path string) bool {
	ext := filepath.Ext(path)
	if ext != ".yml" && ext != ".yaml" {
		return false
	}
	return !IsTest(path) && filepath.Base(path) != placeholdersFile
}

// IsTest tells whether a file is the tests of the rules beside it.
func IsTest(path string) bool {
	return strings.HasSuffix(path, ".test.yml") || strings.HasSuffix(path, ".test.yaml")
}

// TestOf is the name of the file with the tests of a file of rules.
func TestOf(path string) string {
	ext := filepath.Ext(path)
	return strings.TrimSuffix(path, ext) + ".test" + ext
}

// disable leaves rules out. A name that no rule has is a mistake like one in a
// file: an upgrade may have renamed a rule, and nothing else is wrong with that.
func (s *Set) disable(names []string) {
	for _, name := range names {
		if !s.drop(name) {
			s.Mistakes = append(s.Mistakes, mistake.Mistake{
				File: "rules.disable", Message: fmt.Sprintf("no rule has the id, name or title %q", name), Hint: s.likely(name),
			})
		}
	}
}

// drop takes out the rules of a name, and tells whether there were any.
func (s *Set) drop(name string) bool {
	c := s.Collection
	is := func(m *sigma.Meta) bool { return m.ID == name || m.Name == name || m.Title == name }
	before := len(c.Rules) + len(c.Correlations)
	c.Correlations = slices.DeleteFunc(c.Correlations, func(r *sigma.Correlation) bool { return is(&r.Meta) })
	c.Rules = slices.DeleteFunc(c.Rules, func(r *sigma.Rule) bool { return is(&r.Meta) })
	return len(c.Rules)+len(c.Correlations) < before
}

// likely is a hint for a name that no rule has.
func (s *Set) likely(name string) string {
	switch {
	case strings.HasPrefix(name, decoy.RuleID("")):
		return "decoys are left out in a catalogue of your own: decoys.catalogue"
	case strings.HasPrefix(name, intelRule):
		return "a threat feed is left out of intel.feeds"
	}
	var known []string
	for _, r := range s.Collection.Rules {
		known = append(known, r.ID, r.Name, r.Title)
	}
	for _, r := range s.Collection.Correlations {
		known = append(known, r.ID, r.Name, r.Title)
	}
	if near := mistake.Nearest(name, known); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "`honeymoat rules list` lists them"
}

// intelRule begins the rules by which threat feeds are told.
const intelRule = "intel."
