package tailer

import (
	"context"
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
	freed   chan struct{} // tells that a file was let go; holds one
	polling atomic.Bool   // there is no watcher

	// While Run runs, of the scanning goroutine:
	book    *book
	hub     *hub
	follow  ingest.Follow
	wg      sync.WaitGroup
	begun   time.Time
	missing map[string]bool     // sources and paths that were reported missing
	glances map[string]*glanced // by path
	settled map[string]look     // streams known to be at home, by id
	resting map[string]look     // streams that were let go with nothing left, by id
	waiting []wish              // streams that found no room

	mu     sync.Mutex
	open   map[string]*file   // by id of the stream
	byPath map[string][]*file // the same
	over   []ended            // those of open that nobody follows any more
}

// ended is a file that was let go, and why.
type ended struct {
	file *file
	err  error
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
	return &Tailer{opts: o, log: log, metrics: m, again: make(chan struct{}, 1), freed: make(chan struct{}, 1)}, nil
}

// Run implements ingest.Files. It fails at once when another process has the
// positions file or when that is damaged, and returns when ctx is over, every
// file is closed and the positions are on disk. It may be called again
// afterwards.
func (t *Tailer) Run(ctx context.Context, follow ingest.Follow) error {
	book, err := openBook(t.opts.Positions)
	if err != nil {
		return err
	}
	t.book, t.follow, t.begun = book, follow, time.Now()
	t.missing, t.glances = map[string]bool{}, map[string]*glanced{}
	t.settled, t.resting = map[string]look{}, map[string]look{}
	t.open, t.byPath, t.over, t.waiting = map[string]*file{}, map[string][]*file{}, nil, nil
	t.watchFiles()
	t.loop(ctx)
	t.wg.Wait()
	t.reap(ctx, t.book.turn+1)
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
		began := time.Now()
		t.scan(ctx)
		for again := false; !again; {
			select {
			case <-ctx.Done():
				return
			case <-t.again:
				again = pause(ctx, min(t.opts.Scan/100, pace)-time.Since(began))
			case <-t.freed:
				t.reap(ctx, t.book.turn+1)
				t.begin(ctx, t.waiting)
			case <-scan.C:
				again = true
			case <-save.C:
				t.save()
			}
		}
	}
}

// pace is the least time between two scans that nothing but events ask for.
const pace = 10 * time.Millisecond

// pause waits, unless ctx is over. Whoever writes to many files at once must
// not have all of them looked at each time.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// lookAgain asks for a scan before its time.
func (t *Tailer) lookAgain() { signal(t.again) }

// signal tells whoever waits for it, now or the next time.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// notify is told that something happened at a path; moved tells that it may
// lead to another file by now.
func (t *Tailer) notify(path string, moved bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range t.byPath[path] {
		f.notify()
	}
	if moved || len(t.byPath[path]) == 0 {
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

// opened gives the file of a stream that is being followed.
func (t *Tailer) opened(id string) *file {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.open[id]
}

// index sorts the open files by path; mu is held. What happens at a path does
// not concern those that have left it.
func (t *Tailer) index() {
	t.byPath = map[string][]*file{}
	for _, f := range t.open {
		if !f.away {
			t.byPath[f.Path()] = append(t.byPath[f.Path()], f)
		}
	}
	t.metrics.open.Set(float64(len(t.open)))
}

// moved notes whether a file has left its path.
func (t *Tailer) moved(f *file, away bool) {
	if f.away == away {
		return
	}
	f.away = away
	t.mu.Lock()
	defer t.mu.Unlock()
	t.index()
}

// renamed notes that the file of a stream has another name.
func (t *Tailer) renamed(f *file, path string) {
	f.path.Store(&path)
	t.book.change(func() { f.entry.Path = path })
	t.mu.Lock()
	defer t.mu.Unlock()
	t.index()
}
