package tailer

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/ingest"
)

// Tailer follows the files of its sources. It implements ingest.Files.
type Tailer struct {
	opts    Options
	log     *slog.Logger
	metrics *metrics
	again   chan struct{} // asks for a scan; holds one
	polling atomic.Bool   // there is no watcher

	// While Run runs:
	book    *book
	hub     *hub
	follow  ingest.Follow
	wg      sync.WaitGroup
	begun   time.Time
	missing map[string]bool // sources and paths that were reported missing
	// What the paths of each source led to in the last scan, and what changed.
	holders   map[string]map[string]string // ids by path, by source
	rotations []rotation
	crowd     int // files that found no room in the last scan

	mu     sync.Mutex
	open   map[place]*file
	byPath map[string][]*file // the same
	known  map[place]noted    // files that are not open, as they were last seen
}

// noted is how a file was when there was no reason to follow it.
type noted struct {
	look
	missed bool // see candidate
}

// place is a file of a source: two sources may read one file.
type place struct {
	source string
	key
}

// New makes a tailer; it opens nothing yet. It fails on a path with a mistake
// or metrics that are registered already.
func New(o Options, log *slog.Logger, reg prometheus.Registerer) (*Tailer, error) {
	o.defaults()
	if err := o.check(); err != nil {
		return nil, err
	}
	m, err := newMetrics(reg)
	if err != nil {
		return nil, err
	}
	return &Tailer{opts: o, log: log, metrics: m, again: make(chan struct{}, 1)}, nil
}

// Run implements ingest.Files. It fails at once when another process has the
// positions file or when that is damaged, and returns when ctx is over, every
// file is closed and the positions are on disk. It may be called again
// afterwards.
func (t *Tailer) Run(ctx context.Context, follow ingest.Follow) error {
	book, err := openBook(t.opts.Positions, time.Now())
	if err != nil {
		return err
	}
	t.book, t.follow, t.begun = book, follow, time.Now()
	t.open, t.known, t.missing = map[place]*file{}, map[place]noted{}, map[string]bool{}
	t.holders, t.rotations = map[string]map[string]string{}, nil
	for _, s := range t.opts.Sources {
		t.holders[s.Name] = book.holders(s.Name)
	}
	t.watchFiles()
	t.loop(ctx)
	t.wg.Wait()
	if t.hub != nil {
		t.hub.close()
	}
	return book.close()
}

// watchFiles starts to watch, or else polls faster.
func (t *Tailer) watchFiles() {
	t.hub = nil
	t.polling.Store(true)
	if t.opts.PollOnly {
		return
	}
	hub, err := newHub(t.notify)
	t.hub = hub
	t.polling.Store(err != nil)
	if err != nil {
		t.log.Warn("log files are polled: raise fs.inotify.max_user_instances to have them watched", "error", err)
	}
}

// pollEvery is the time between two looks at a file without an event.
func (t *Tailer) pollEvery() time.Duration {
	if t.polling.Load() {
		return min(t.opts.Poll, 100*time.Millisecond)
	}
	return t.opts.Poll
}

func (t *Tailer) loop(ctx context.Context) {
	scan := time.NewTicker(t.opts.Scan)
	defer scan.Stop()
	save := time.NewTicker(t.opts.Save)
	defer save.Stop()
	for {
		t.scan(ctx)
		for again := false; !again; {
			select {
			case <-ctx.Done():
				return
			case <-t.again:
				again = true
			case <-scan.C:
				again = true
			case <-save.C:
				t.save()
			}
		}
	}
}

// lookAgain asks for a scan before its time.
func (t *Tailer) lookAgain() {
	select {
	case t.again <- struct{}{}:
	default:
	}
}

// notify is told that something happened at a path.
func (t *Tailer) notify(path string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range t.byPath[path] {
		f.notify()
	}
	if len(t.byPath[path]) == 0 {
		t.lookAgain()
	}
}

// save writes the positions. A failure is told and tried again: the bus knows
// them as well.
func (t *Tailer) save() bool {
	for _, f := range t.files() {
		f.mark()
	}
	if err := t.book.save(); err != nil {
		t.metrics.failures.WithLabelValues("save").Inc()
		t.log.Error("the positions of the log files cannot be saved", "error", err)
		return false
	}
	return true
}

func (t *Tailer) files() []*file {
	t.mu.Lock()
	defer t.mu.Unlock()
	files := make([]*file, 0, len(t.open))
	for _, f := range t.open {
		files = append(files, f)
	}
	return files
}

func (t *Tailer) opened(p place) *file {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.open[p]
}

// begin has files followed, each in a goroutine that Run waits for.
func (t *Tailer) begin(ctx context.Context, files []*file) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range files {
		t.open[place{f.Source(), f.key}] = f
		t.wg.Go(func() { t.end(ctx, f, t.follow(ctx, f)) })
	}
	t.index()
}

// index sorts the open files by path; mu is held.
func (t *Tailer) index() {
	t.byPath = map[string][]*file{}
	for _, f := range t.open {
		t.byPath[f.Path()] = append(t.byPath[f.Path()], f)
	}
	t.metrics.open.Set(float64(len(t.open)))
}

func (t *Tailer) reindex() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.index()
}

func (t *Tailer) lookedAt(p place) (noted, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l, ok := t.known[p]
	return l, ok
}

func (t *Tailer) noteLook(p place, l noted) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.known[p] = l
}

// end lets a file go.
func (t *Tailer) end(ctx context.Context, f *file, err error) {
	f.mark()
	truncated := f.truncated.Load()
	now := time.Now()
	t.book.change(func() {
		f.entry.Seen, f.entry.until = now, now.Add(search)
		if truncated {
			f.entry.Truncated, f.entry.Inode = true, 0
		}
	})
	_ = f.handle.Close()
	switch {
	case truncated:
		t.metrics.rotated.WithLabelValues("truncated").Inc()
		t.log.Info("a log file was truncated", "source", f.Source(), "file", f.Path(), "read", f.Start().Offset)
	case err != nil && !errors.Is(err, ctx.Err()):
		t.metrics.failures.WithLabelValues("read").Inc()
		t.log.Error("a log file cannot be read, it is tried again", "source", f.Source(), "file", f.Path(), "error", err)
	case err == nil:
		t.metrics.rotated.WithLabelValues("finished").Inc()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	p := place{f.Source(), f.key}
	delete(t.open, p)
	delete(t.known, p)
	if err == nil && !truncated {
		t.known[p] = noted{look: f.last}
	}
	t.index()
	if err == nil {
		t.lookAgain()
	}
}
