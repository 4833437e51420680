package tailer

import (
	"context"
)

// scan looks at all files of all sources and follows those that have something
// to read. What is new of them is on disk before anything of it is handed out.
func (t *Tailer) scan(ctx context.Context) {
	t.book.next()
	t.reap(ctx, t.book.turn)
	var wanted []wish
	var watched []string
	missing, fresh := 0, false
	for _, s := range t.opts.Sources {
		files, paths, lacking := t.sightings(s)
		watched, missing = append(watched, paths...), missing+lacking
		v := t.settle(ctx, s, files)
		fresh = t.finishSurvey(v) || fresh
		wanted = append(wanted, v.wishes()...)
	}
	t.forget()
	t.metrics.missing.Set(float64(missing))
	t.dropDeleted()
	if !fresh || t.save() {
		t.begin(ctx, wanted)
	}
	t.watch(watched)
	t.metrics.scans.Inc()
}

// finishSurvey notes that a source has been looked at, and tells whether the
// positions have to be on disk before anything of it is read.
func (t *Tailer) finishSurvey(v *settlement) bool {
	if v.first && len(folders(v.source.Paths)) > 0 {
		t.book.change(func() { t.book.sources[v.source.Name] = true })
		return true
	}
	return len(v.fresh) > 0
}

// forget drops what is remembered of files that are not there any more.
func (t *Tailer) forget() {
	for path, g := range t.glances {
		if g.turn != t.book.turn {
			delete(t.glances, path)
		}
	}
	for _, remembered := range []map[string]look{t.settled, t.resting} {
		for id := range remembered {
			if !t.book.present(id) {
				delete(remembered, id)
			}
		}
	}
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
