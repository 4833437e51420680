package tailer

import (
	"cmp"
	"context"
	"path/filepath"
	"slices"
	"time"
)

// candidate is a file that a scan came across.
type candidate struct {
	look
	path    string
	matched bool // it is at a configured path; otherwise it is just a neighbour
	missed  bool // a neighbour that may have come and gone between two scans
}

// scan looks for files to follow. What it notes of new files is on disk
// before anything of them is handed out.
func (t *Tailer) scan(ctx context.Context) {
	var found []*file
	var watched []string
	missing := 0
	t.crowd = 0
	for _, s := range t.opts.Sources {
		candidates, paths, lacking := t.matches(s)
		watched, missing = append(watched, paths...), missing+lacking
		found = t.considerAll(ctx, s, candidates, found)
		t.noticeRotations(s, candidates)
		neighbours := t.neighbours(s, candidates)
		found = t.considerAll(ctx, s, neighbours, found)
		t.remember(s, append(candidates, neighbours...))
	}
	// Only now is it known of every source which of its files are still there.
	t.book.prune(time.Now())
	t.metrics.missing.Set(float64(missing))
	t.metrics.waiting.Set(float64(t.crowd))
	t.makeRoom()
	if len(found) > 0 && !t.save() {
		t.drop(found)
		return
	}
	t.begin(ctx, found)
	t.watch(watched)
}

func (t *Tailer) considerAll(ctx context.Context, s Source, candidates []candidate, found []*file) []*file {
	// Known inodes first: what a copy is of is clear once its original is known
	// to be truncated.
	known := t.book.ids(s.Name)
	old, fresh := partition(candidates, func(c candidate) bool { return known[c.key] != "" })
	for _, c := range append(old, fresh...) {
		if f := t.consider(ctx, s, c, len(found)); f != nil {
			found = append(found, f)
		}
	}
	return found
}

func partition(all []candidate, is func(candidate) bool) (yes, no []candidate) {
	for _, c := range all {
		if is(c) {
			yes = append(yes, c)
		} else {
			no = append(no, c)
		}
	}
	return yes, no
}

// watch has the paths watched; where that fails for any, all are polled.
func (t *Tailer) watch(paths []string) {
	if t.hub == nil {
		t.metrics.unwatch.Set(float64(len(paths)))
		return
	}
	failed := t.hub.watch(paths)
	t.metrics.unwatch.Set(float64(len(failed)))
	if was := t.polling.Swap(len(failed) > 0); was || len(failed) == 0 {
		return
	}
	for path, err := range failed {
		t.log.Warn("log files are polled: raise fs.inotify.max_user_watches to have them watched", "path", path, "error", err)
		return
	}
}

// drop closes files that cannot be followed because they could not be noted.
func (t *Tailer) drop(files []*file) {
	for _, f := range files {
		_ = f.handle.Close()
	}
}

// remember notes that the files of a source are still there.
func (t *Tailer) remember(s Source, candidates []candidate) {
	now, present := time.Now(), map[key]bool{}
	for _, c := range candidates {
		present[c.key] = true
	}
	t.book.mu.Lock()
	if t.book.sources[s.Name].IsZero() {
		t.book.dirty = true
	}
	t.book.sources[s.Name] = now
	for _, e := range t.book.entries {
		if e.Source == s.Name && present[e.key()] {
			e.Seen = now
		}
	}
	t.book.mu.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	for p := range t.known {
		if p.source == s.Name && !present[p.key] {
			delete(t.known, p)
		}
	}
}

// matches lists the files at a source's paths. paths are worth watching;
// lacking is the number of configured paths that lead nowhere.
func (t *Tailer) matches(s Source) (found []candidate, paths []string, lacking int) {
	seen := map[key]bool{}
	for _, pattern := range s.Paths {
		matches, _ := filepath.Glob(pattern) // patterns were checked by New
		if !isGlob(pattern) {
			paths = append(paths, pattern)
		}
		there := false
		for _, path := range matches {
			l, ok := lookPath(path)
			if !ok || isArchive(path) {
				continue
			}
			there = true
			if !seen[l.key] {
				seen[l.key] = true
				found = append(found, candidate{look: l, path: path, matched: true})
				paths = append(paths, path)
			}
		}
		lacking += t.report(s, pattern, there)
	}
	slices.Sort(paths)
	return found, slices.Compact(paths), lacking
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

// makeRoom sets the files aside that have waited longest for lines, when
// others wait to be read.
func (t *Tailer) makeRoom() {
	if t.crowd == 0 {
		return
	}
	now := time.Now()
	idle := t.files()
	slices.SortFunc(idle, func(a, b *file) int { return cmp.Compare(b.idleFor(now), a.idleFor(now)) })
	for _, f := range idle[:min(t.crowd, len(idle))] {
		if f.idleFor(now) >= t.opts.Drain && !f.retired {
			f.retired = true
			close(f.retire)
		}
	}
}
