package tailer

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/fsnotify/fsnotify"
	"github.com/nxadm/tail/watch"
)

// hub has the watcher announce changes of paths. It watches a path through
// its directory, which outlives rotations, and uses the watcher's raw events:
// its ready-made loop ends the whole process on an error of stat. The
// watcher's own goroutine lives as long as the process.
//
// All methods are for one goroutine; notify is called from others, and told
// whether the path may lead to another file than before.
type hub struct {
	notify  func(path string, moved bool)
	watched map[string]*watched // by real path
	wg      sync.WaitGroup
}

// watched is a path that is watched under its real name.
type watched struct {
	real  string
	paths []string // by which it is known to us
	dir   key      // of the watched directory
}

// newHub fails where the system has no watcher left: the watcher itself would
// end the process.
func newHub(notify func(path string, moved bool)) (*hub, error) {
	probe, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watch log files: %w", err)
	}
	_ = probe.Close()
	return &hub{notify: notify, watched: map[string]*watched{}}, nil
}

// watch makes the set of watched paths what is wanted, and gives those that
// cannot be watched. A path whose directory was replaced is watched anew.
func (h *hub) watch(wanted []string) (failed map[string]error) {
	want := map[string][]string{}
	for _, p := range wanted {
		if real, ok := realPath(p); ok {
			want[real] = append(want[real], p)
		}
	}
	for real, w := range h.watched {
		dir, ok := directory(real)
		if len(want[real]) == 0 || !ok || dir != w.dir {
			h.remove(w)
		}
	}
	failed = map[string]error{}
	for real, paths := range want {
		if err := h.add(real, paths); err != nil {
			failed[real] = err
		}
	}
	return failed
}

func (h *hub) add(real string, paths []string) error {
	if w := h.watched[real]; w != nil && slices.Equal(w.paths, paths) {
		return nil
	} else if w != nil {
		h.remove(w)
	}
	dir, ok := directory(real)
	if !ok {
		return nil // it is looked for again with the next scan
	}
	if err := watch.WatchCreate(real); err != nil {
		return err
	}
	h.watched[real] = &watched{real: real, paths: paths, dir: dir}
	events := watch.Events(real)
	h.wg.Go(func() {
		// The watcher waits for whoever does not take its events.
		for e := range events {
			for _, p := range paths {
				h.notify(p, e.Op&^(fsnotify.Write|fsnotify.Chmod) != 0)
			}
		}
	})
	return nil
}

// remove must not be called for what is not watched: the watcher's count
// would go below zero, and never be watched again.
func (h *hub) remove(w *watched) {
	delete(h.watched, w.real)
	_ = watch.RemoveWatchCreate(w.real)
}

func (h *hub) close() {
	for _, w := range h.watched {
		h.remove(w)
	}
	h.wg.Wait()
}

// realPath follows symbolic links, to a file that need not exist yet.
func realPath(path string) (string, bool) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", false
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real, true
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	return filepath.Join(dir, filepath.Base(path)), err == nil
}

func directory(path string) (key, bool) {
	info, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return key{}, false
	}
	return inodeOf(info)
}
