package tailer

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// rotation is a change of what a path leads to. When a log is rotated twice
// between two scans, the file in the middle was never at its path while we
// looked; it is found by its name and its age among the neighbours.
type rotation struct {
	source string
	path   string
	since  time.Time // the last scan before it
	until  time.Time // when the search ends
}

// watchRotation is how long after a rotation neighbours are looked at, and
// slack how far the clock of a file system may lag.
const (
	watchRotation = 10 * time.Second
	slack         = time.Second
)

// noticeRotations compares what the paths of a source lead to with the scan
// before, or with what the positions file tells of the last run.
func (t *Tailer) noticeRotations(s Source, matched []candidate) {
	now := time.Now()
	t.rotations = slices.DeleteFunc(t.rotations, func(r rotation) bool { return now.After(r.until) })
	since := t.book.scanned(s.Name)
	before, after := t.holders[s.Name], map[string]string{}
	ids := t.book.ids(s.Name)
	for _, c := range matched {
		after[c.path] = ids[c.key]
	}
	t.holders[s.Name] = after
	if since.IsZero() {
		return // nothing was ever read: what has been rotated is history
	}
	for path := range union(before, after) {
		if before[path] != after[path] {
			t.rotations = append(t.rotations, rotation{s.Name, path, since, now.Add(watchRotation)})
		}
	}
}

func union(a, b map[string]string) map[string]bool {
	all := map[string]bool{}
	for path := range a {
		all[path] = true
	}
	for path := range b {
		all[path] = true
	}
	return all
}

// mayBeMissed tells whether a neighbour looks like a log that was rotated
// before anybody saw it.
func (t *Tailer) mayBeMissed(s Source, path string, l look) bool {
	return slices.ContainsFunc(t.rotations, func(r rotation) bool {
		return r.source == s.Name && related(r.path, path) && l.changed.After(r.since.Add(-slack))
	})
}

// neighbours lists the other files in the folders of files that may have been
// rotated away unread. Only what is related to one of them will be taken.
func (t *Tailer) neighbours(s Source, matched []candidate) []candidate {
	var found []candidate
	seen := map[key]bool{}
	for _, c := range matched {
		seen[c.key] = true
	}
	for _, dir := range t.foldersToSearch(s, seen) {
		names, err := os.ReadDir(dir)
		if err != nil {
			continue // the folder is gone, and the files with it
		}
		for _, name := range names {
			path := filepath.Join(dir, name.Name())
			if !name.Type().IsRegular() || isArchive(path) {
				continue
			}
			if l, ok := lookPath(path); ok && !seen[l.key] {
				seen[l.key] = true
				found = append(found, candidate{look: l, path: path, missed: t.mayBeMissed(s, path, l)})
			}
		}
	}
	// The oldest first: what comes from one log is read in its order.
	slices.SortFunc(found, func(a, b candidate) int { return cmp.Compare(a.changed.UnixNano(), b.changed.UnixNano()) })
	return found
}

func (t *Tailer) foldersToSearch(s Source, seen map[key]bool) []string {
	now := time.Now()
	var dirs []string
	t.book.mu.Lock()
	defer t.book.mu.Unlock()
	for _, e := range t.book.entries {
		if e.Source == s.Name && !seen[e.key()] && now.Before(e.until) {
			dirs = append(dirs, filepath.Dir(e.Path))
		}
	}
	for _, r := range t.rotations {
		if r.source == s.Name {
			dirs = append(dirs, filepath.Dir(r.path))
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}
