package watch

import (
	"slices"
	"sync/atomic"

	"github.com/honeymoat/honeymoat/pkg/baseline/series"
	"github.com/honeymoat/honeymoat/pkg/event"
)

// Watch follows the series of a service. It is not safe for concurrent use.
type Watch struct {
	options Options
	table   *series.Table
	born    int64 // the first minute
	now     int64 // the last minute, its start
	closed  int64 // number of the last hour that was closed

	entries []*entry // by the series' number
	places  []*entry // those of places, in the order in which they came
	whole   *entry
	crowds  [2]crowd // of principals and of addresses
	models  int

	tallies   [classes]tally
	purse     purse       // for incidents
	novel     purse       // for what works for the first time
	incidents []*incident // open, in the order in which they opened
	past      []*incident // over, for an hour or more

	looks   []look // of this minute that are worth a second one
	looked  int    // looks of this minute
	chances []float64
	out     []Anomaly // to be told by the next Advance
	told    []Anomaly // by the last one
	stats   Stats

	freezes uint64        // that there were
	frozen  int           // bytes of the last one, without models
	writing *atomic.Int32 // states that were frozen, and not written yet

	commonAt int64 // of which minute and change commonIs tells
	commonOf change
	commonIs bool
}

// New makes a Watch that has seen nothing.
func New(o Options) *Watch {
	o = o.complete()
	return &Watch{options: o, table: series.New(o.Series), writing: &atomic.Int32{}}
}

// Add counts the rows of a batch from one to another, exclusive, as
// series.Table.Add does. What it finds is told by the next Advance.
func (w *Watch) Add(b *event.Batch, from, to int, refused []int, now int64) {
	w.table.Add(b, from, to, refused, now, w.minute)
}

// Advance closes the minutes that are over now, and tells what was found in
// them and in those that Add closed. The slice is valid until the next call.
func (w *Watch) Advance(now int64) []Anomaly {
	w.table.Close(now, w.minute)
	w.told, w.out = w.out, w.told[:0]
	return w.told
}

// minute takes in what was counted in a minute.
func (w *Watch) minute(m *series.Minute) {
	w.begin(m)
	m.Each(w.row)
	w.absent()
	if (m.Start+minute)%hour == 0 {
		w.hour(m.Start + minute - hour)
	}
	w.judge()
	w.firsts(m.Firsts)
	w.settle()
	w.learn()
}

func (w *Watch) begin(m *series.Minute) {
	if w.born == 0 {
		w.born = m.Start
	}
	before := w.now / hour
	w.now = m.Start
	w.looks, w.looked = w.looks[:0], 0
	w.stats.Minutes++
	w.purse.fill(m.Start, w.options.AlertsPerDay)
	if w.closed < before && before < m.Start/hour {
		w.hour(before * hour) // its last minute was left out
	}
	for _, number := range m.Evicted {
		w.evict(number)
	}
}

func (w *Watch) evict(number int32) {
	e := w.entry(number)
	if e == nil {
		return
	}
	w.entries[number] = nil
	if e.place != nil {
		w.places = slices.DeleteFunc(w.places, func(x *entry) bool { return x == e })
		w.models -= e.place.models()
	}
	if w.whole == e {
		w.whole = nil
	}
}

func (w *Watch) entry(number int32) *entry {
	if number < 0 || int(number) >= len(w.entries) {
		return nil
	}
	return w.entries[number]
}

// row takes in a minute of one series.
func (w *Watch) row(row *series.Row) {
	e := w.entry(row.Series)
	if e == nil || !e.key.Same(row.Key) {
		if e != nil {
			w.evict(row.Series)
		}
		e = w.newcomer(row)
	}
	e.key, e.at = row.Key, w.now
	if e.person != nil {
		w.person(e, row, w.now)
		return
	}
	e.row = row
	w.place(e, row)
}

// number keeps an entry under its number.
func (w *Watch) number(e *entry) {
	if grow := int(e.series) + 1 - len(w.entries); grow > 0 {
		w.entries = append(w.entries, make([]*entry, grow)...)
	}
	w.entries[e.series] = e
}

func (w *Watch) newcomer(row *series.Row) *entry {
	e := newEntry(row.Series, row.Key, w.now)
	w.number(e)
	if e.place != nil {
		w.places = append(w.places, e)
	}
	if row.Key.Dimension == series.Whole {
		w.whole = e
	}
	return e
}
