package tailer

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// sighting is a file that a scan came across.
type sighting struct {
	look
	path    string
	matched bool // it is at a configured path; otherwise it lies beside one
	rotated bool // its name is what rotation makes of a configured one
	packed  bool // it is compressed
}

// sightings lists the files of a source: at its paths, those that come first
// under their first names, and then those beside them that rotation may have
// put there, the oldest first. paths are worth watching; lacking is the number
// of configured paths that lead nowhere.
func (t *Tailer) sightings(s Source) (found []sighting, paths []string, lacking int) {
	seen := map[key]bool{}
	var real []string // what configured links lead to
	for _, pattern := range s.Paths {
		matches, _ := filepath.Glob(pattern) // patterns were checked by New
		if !isGlob(pattern) {
			paths = append(paths, pattern)
		}
		there := false
		for _, path := range matches {
			c, ok := sight(path)
			if !ok {
				continue
			}
			there = true
			if seen[c.key] {
				continue
			}
			seen[c.key], c.matched = true, true
			found, paths = append(found, c), append(paths, path)
			if target, ok := linked(path); ok {
				real = append(real, target)
			}
		}
		lacking += t.report(s, pattern, there)
	}
	slices.SortFunc(found, originalsFirst)
	slices.Sort(paths)
	return append(found, t.beside(s, real, seen)...), slices.Compact(paths), lacking
}

// sight looks at a path; what cannot be read as a log is none.
func sight(path string) (c sighting, ok bool) {
	packed, readable := isArchive(path)
	if !readable {
		return sighting{}, false
	}
	l, ok := lookPath(path)
	return sighting{look: l, path: path, packed: packed}, ok
}

// linked gives what a symbolic link leads to.
func linked(path string) (target string, ok bool) {
	info, err := os.Lstat(path)
	if err != nil || info.Mode()&os.ModeSymlink == 0 {
		return "", false
	}
	target, err = filepath.EvalSymlinks(path)
	return target, err == nil
}

// originalsFirst sorts copies and rotated logs behind the log itself, whose
// name is shorter.
func originalsFirst(a, b sighting) int {
	return cmp.Or(cmp.Compare(len(a.path), len(b.path)), cmp.Compare(a.path, b.path))
}

// beside lists the files in the folders of a source's paths that are at none
// of them, but are known, or have a name that is derived from one.
func (t *Tailer) beside(s Source, real []string, seen map[key]bool) []sighting {
	patterns := append(slices.Clone(s.Paths), real...)
	known := t.knownBeside(s, patterns)
	var found []sighting
	for _, dir := range folders(patterns) {
		for _, c := range list(dir) {
			c.matched = matches(s.Paths, c.path) // it got this name just now
			c.rotated = isRotated(patterns, c.path)
			if !seen[c.key] && (c.matched || c.rotated || known.fits(c)) {
				seen[c.key] = true
				found = append(found, c)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b sighting) int { return a.written.Compare(b.written) })
	return found
}

// list looks at the files in a folder. While they are being renamed some may
// hide; then it looks again, though not for ever.
func list(dir string) []sighting {
	for tries := 3; ; tries-- {
		found, hidden := listOnce(dir)
		if !hidden || tries == 0 {
			return found
		}
	}
}

func listOnce(dir string) (found []sighting, hidden bool) {
	names, err := os.ReadDir(dir)
	if err != nil {
		return nil, false // it is missing, and the files with it
	}
	for _, name := range names {
		path := filepath.Join(dir, name.Name())
		if _, readable := isArchive(path); !readable || !name.Type().IsRegular() {
			continue
		}
		c, ok := sight(path)
		if !ok {
			hidden = true
			continue
		}
		found = append(found, c)
	}
	return found, hidden
}

// folders lists the folders that patterns lead into.
func folders(patterns []string) []string {
	var dirs []string
	for _, p := range patterns {
		matches, _ := filepath.Glob(filepath.Dir(p))
		dirs = append(dirs, matches...)
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

// acquaintance tells what else is of interest beside a log: inodes that hold
// or held one of ours, and names that begin like one.
type acquaintance struct {
	inodes map[key]bool
	roots  []string // path of the folder and root of the name
}

func (t *Tailer) knownBeside(s Source, patterns []string) acquaintance {
	a := acquaintance{inodes: map[key]bool{}}
	for _, e := range t.book.ofSource(s.Name) {
		a.inodes[e.key()], a.inodes[e.origin()] = true, true
		a.roots = append(a.roots, rootPath(e.Path))
	}
	for _, p := range patterns {
		if !isGlob(p) {
			a.roots = append(a.roots, rootPath(p))
		}
	}
	slices.Sort(a.roots)
	a.roots = slices.Compact(a.roots)
	return a
}

func rootPath(path string) string {
	return filepath.Join(filepath.Dir(path), root(filepath.Base(path)))
}

func (a acquaintance) fits(c sighting) bool {
	return a.inodes[c.key] || slices.ContainsFunc(a.roots, func(root string) bool {
		return strings.HasPrefix(c.path, root)
	})
}

// report tells once that a path leads nowhere, and again when it does.
func (t *Tailer) report(s Source, pattern string, there bool) (lacking int) {
	wanted := s.Name + " " + pattern
	switch {
	case there && t.missing[wanted]:
		delete(t.missing, wanted)
		t.log.Info("a log file has appeared", "source", s.Name, "path", pattern)
	case !there && !t.missing[wanted]:
		t.missing[wanted] = true
		t.log.Warn("there is no log file at this path, it is waited for", "source", s.Name, "path", pattern)
	}
	if there {
		return 0
	}
	return 1
}
