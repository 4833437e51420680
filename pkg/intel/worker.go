package intel

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"sync"
	"time"

	"github.com/honeymoat/honeymoat/pkg/indicator"
)

const (
	firstPause  = 30 * time.Second // after a failure; doubled for each further one
	longestOut  = 6 * time.Hour    // a feed that fails is looked at at least so often
	acceptEvery = 5 * time.Second  // how often a person's word is looked for
	fewEnough   = 20               // feeds with fewer indicators may shrink as they like
)

// worker keeps one feed fresh.
type worker struct {
	feed    Feed
	own     []netip.Prefix
	origin  origin
	shelf   shelf
	now     func() time.Time
	log     *slog.Logger
	metrics *metrics

	mu     sync.Mutex // guards state, which others read
	state  State
	parsed time.Time // for which time what is in force was read
}

func newWorker(f *Feed, o *Options, m *metrics) *worker {
	return &worker{
		feed: *f, own: o.Own, origin: newOrigin(f, o.HTTP, o.Now), shelf: shelf{filepath.Join(o.Dir, f.Name)},
		now: o.Now, log: o.Log.With("feed", f.Name), metrics: m,
	}
}

// known gives what is known of the feed.
func (w *worker) known() State {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.state
	s.Kinds, s.LeftOut = maps.Clone(s.Kinds), maps.Clone(s.LeftOut)
	s.Events = nil
	return s
}

// change changes what is known, keeps it if it is to be kept, and shows it.
func (w *worker) change(keep bool, do func(s *State)) {
	w.mu.Lock()
	do(&w.state)
	s := w.state
	w.mu.Unlock()
	w.metrics.show(&s)
	if !keep {
		return
	}
	if err := w.shelf.save(&s); err != nil {
		w.log.Error("what is known of a threat feed could not be kept", "err", err)
	}
}

// parse reads a body as the feed's options say.
func (w *worker) parse(body []byte, at time.Time) (*indicator.List, indicator.Report) {
	o := w.feed.Read
	o.Feed, o.Seen, o.Own = w.feed.Name, at, w.own
	if o.Format == TAXII {
		o.Format = indicator.STIX
	}
	list, report := indicator.Parse(o, body)
	if w.feed.File != "" && errors.Is(report.Broken, indicator.ErrNone) && report.Refused == 0 {
		report.Broken = nil // whoever left a comment only means it; a file of no bytes may be half written
	}
	return list, report
}

// load gives what lies on disk, an empty list if there is nothing.
func (w *worker) load() *indicator.List {
	s, err := w.shelf.state()
	if err != nil {
		w.log.Error("a threat feed has to be fetched anew", "err", err)
	}
	if s.Origin != w.feed.origin() {
		s = State{}
	}
	s.Feed, s.Origin = w.feed.Name, w.feed.origin()
	list, report := new(indicator.List), indicator.Report{}
	if s.Body != "" {
		body, err := w.shelf.body(s.Body)
		if err == nil {
			list, report = w.parse(body, s.Seen)
			err = report.Broken
		}
		if err != nil {
			w.log.Warn("what was kept of a threat feed is not usable; it is fetched anew", "err", err)
			s.Body, s.Next = "", time.Time{}
		}
	}
	switch {
	case w.feed.File != "" || s.Checked.After(w.now()): // a clock that went wrong must not stop a feed
		s.Next = time.Time{}
	case s.Failures == 0 && s.Next.After(s.Checked.Add(w.feed.Every+w.feed.Every/10)):
		s.Next = s.Checked.Add(w.feed.Every) // it was more before
	}
	w.parsed = s.Seen
	w.change(false, func(to *State) { *to = s; to.count(list, report) })
	return list
}

// count writes what was read into a state.
func (s *State) count(list *indicator.List, r indicator.Report) {
	s.Taken, s.Refused, s.LeftOut, s.Format = list.Len(), r.Refused, r.LeftOut, r.Format
	s.Kinds = map[string]int{}
	for _, k := range indicator.Kinds() {
		if n := list.Count(k); n > 0 {
			s.Kinds[k.String()] = n
		}
	}
}

// run looks when it is time, and tells of each list that takes the place of
// the one before, until the context ends. slots bounds the looks at one time.
func (w *worker) run(ctx context.Context, slots chan struct{}, tell func(*indicator.List)) {
	for {
		if list := w.accepted(); list != nil {
			tell(list)
		}
		if pause := w.known().Next.Sub(w.now()); pause > 0 {
			if !sleep(ctx, min(pause, acceptEvery)) {
				return
			}
			continue
		}
		select {
		case <-ctx.Done():
			return
		case slots <- struct{}{}:
		}
		list := w.look(ctx)
		<-slots
		if ctx.Err() != nil {
			return
		}
		if list != nil {
			tell(list)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// look asks the origin once. It gives the list that is now in force, nil when
// that is the one before.
func (w *worker) look(ctx context.Context) *indicator.List {
	before := w.known()
	before.Events = w.state.Events // nobody else writes it
	last := before.Body
	if before.Held != nil {
		last = before.Held.Body
	}
	if last == "" {
		before.ETag, before.LastModified, before.AddedAfter, before.Events = "", "", "", nil
	}
	a, err := w.origin.fetch(ctx, &before, func() ([]byte, error) { return w.shelf.body(last) })
	switch {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		w.failed(err)
		return nil
	case a.unchanged:
		return w.confirmed(&a)
	}
	return w.consider(&a)
}

// failed takes note of a look that brought nothing.
func (w *worker) failed(err error) {
	w.metrics.failures.WithLabelValues(w.feed.Name).Inc()
	fresh := false
	w.change(true, func(s *State) {
		fresh = s.Problem != err.Error()
		s.Checked, s.Problem, s.Failures = w.now(), err.Error(), s.Failures+1
		s.Next = s.Checked.Add(w.pause(s.Failures, err))
	})
	if s := w.known(); fresh {
		w.log.Warn("a threat feed could not be read; what was known of it stays in force", "err", err, "indicators", s.Taken, "seen", s.Seen)
	}
}

// pause is how long to wait after a number of failures.
func (w *worker) pause(failures int, err error) time.Duration {
	d := firstPause << min(failures-1, 16)
	d = min(d, max(w.feed.Every, firstPause), longestOut)
	if w.feed.File != "" {
		d = w.feed.Every
	}
	if refused := new(statusError); errors.As(err, &refused) {
		d = max(d, refused.after)
	}
	return jitter(d)
}

// jitter spreads looks by a tenth to both sides.
func jitter(d time.Duration) time.Duration { return d - d/10 + rand.N(max(d/5, 1)) }

// done writes what every look that worked leaves behind.
func (w *worker) done(s *State, a *answer) {
	a.keep(s)
	s.Checked, s.Problem, s.Failures = w.now(), "", 0
	s.Next = s.Checked.Add(jitter(w.feed.Every))
	if a.partly != nil {
		s.Problem = a.partly.Error()
	}
}

// confirmed takes note that the origin still says the same. Indicators that
// live from when they were seen live on: once a quarter of their lifetime is
// over, they are read again.
func (w *worker) confirmed(a *answer) *indicator.List {
	held := false
	w.change(w.feed.File == "" || w.known().Problem != "", func(s *State) {
		w.done(s, a)
		if held = s.Held != nil; !held {
			s.Seen = s.Checked
		}
	})
	life := w.feed.Read.Expires
	if held || life == 0 || w.now().Sub(w.parsed) < life/4 {
		return nil
	}
	body, err := w.shelf.body(w.known().Body)
	if err != nil {
		w.lost(err)
		return nil
	}
	list, report := w.parse(body, w.now())
	w.parsed = w.now()
	w.change(true, func(s *State) { s.count(list, report) })
	return list
}

// lost has a body that is gone fetched again.
func (w *worker) lost(err error) {
	w.log.Warn("what was kept of a threat feed is not usable; it is fetched anew", "err", err)
	w.change(true, func(s *State) { s.Body, s.Held, s.Next = "", nil, time.Time{} })
}

// consider decides about a new body: it is put in force, held, or refused.
func (w *worker) consider(a *answer) *indicator.List {
	list, report := w.parse(a.body, w.now())
	if report.Broken != nil {
		w.failed(report.Broken)
		return nil
	}
	before := w.known()
	if before.Body == nameOf(a.body) && before.Held == nil {
		return w.confirmed(a)
	}
	if reason := w.doubt(before.Taken, list); reason != "" {
		w.hold(a, before, list.Len(), reason)
		return nil
	}
	return w.adopt(a, list, report)
}

// doubt tells why a list needs a person's word; empty: it does not.
func (w *worker) doubt(before int, list *indicator.List) string {
	if w.shrank(before, list.Len()) {
		return fmt.Sprintf("it has %d indicators, and had %d", list.Len(), before)
	}
	if cover := 100 * list.Cover(); w.feed.MaxCover > 0 && cover > float64(w.feed.MaxCover) {
		return fmt.Sprintf("it is about %.1f %% of all addresses (max_cover: %d)", cover, w.feed.MaxCover)
	}
	return ""
}

func (w *worker) shrank(before, after int) bool {
	return before >= fewEnough && int64(after)*100 < int64(before)*int64(100-w.feed.MaxShrink)
}

// hold keeps a body for a person to judge.
func (w *worker) hold(a *answer, before State, taken int, reason string) {
	name, err := w.shelf.put(a.body)
	if err != nil {
		w.failed(err)
		return
	}
	w.change(true, func(s *State) {
		w.done(s, a)
		if s.Held == nil || s.Held.Body != name {
			s.Held = &Held{Body: name, Taken: taken, Since: w.now(), Reason: reason}
		}
	})
	if before.Held == nil || before.Held.Body != name {
		w.log.Warn("a threat feed is held, and what was known before stays in force", "reason", reason, "hint", "if that is right: honeymoat intel accept "+w.feed.Name)
	}
}

// adopt puts a body in force.
func (w *worker) adopt(a *answer, list *indicator.List, report indicator.Report) *indicator.List {
	name, err := w.shelf.put(a.body)
	if err != nil {
		w.failed(err)
		return nil
	}
	w.parsed = w.now()
	w.change(true, func(s *State) {
		w.done(s, a)
		s.Body, s.Held, s.Seen, s.Changed = name, nil, s.Checked, s.Checked
		s.count(list, report)
	})
	w.shelf.settle()
	w.log.Info("a threat feed changed", "indicators", list.Len(), "refused", report.Refused, "repeated", report.Repeated)
	for i := range min(len(report.Mistakes), 3) {
		w.log.Info("an entry of a threat feed was refused", "entry", report.Mistakes[i].Error())
	}
	return list
}

// accepted puts a held body in force if a person said so.
func (w *worker) accepted() *indicator.List {
	s := w.known()
	if !w.shelf.accepted(s.Held) {
		return nil
	}
	body, err := w.shelf.body(s.Held.Body)
	if err != nil {
		w.lost(err)
		return nil
	}
	list, report := w.parse(body, w.now())
	a := answer{body: body, etag: s.ETag, lastModified: s.LastModified, addedAfter: s.AddedAfter, objects: s.Objects, events: w.state.Events}
	return w.adopt(&a, list, report)
}
