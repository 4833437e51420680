package series

import (
	"time"

	"github.com/zeebo/xxh3"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// Options bound what is counted. What is zero has the default.
type Options struct {
	// MaxSeries bounds the series of all dimensions together: 100,000. A fifth
	// of them is kept for routes, a hundredth for each of gateways and sources,
	// a fiftieth for APIs, a twelfth each for networks and applications, and
	// half of the rest each for principals and addresses.
	MaxSeries int
	// Lateness is how long a minute waits for its last records: 90 s, at most
	// two minutes.
	Lateness time.Duration
	// Seed of the hashes by which values are told apart. Who knows it can make
	// values that are taken for one another. A snapshot brings its own.
	Seed uint64
}

const (
	defaultMaxSeries = 100_000
	defaultLateness  = 90 * time.Second
	maxLateness      = 2 * time.Minute
	minSeries        = 64
)

func (o Options) orDefault() Options {
	if o.MaxSeries <= 0 {
		o.MaxSeries = defaultMaxSeries
	}
	o.MaxSeries = max(o.MaxSeries, minSeries)
	if o.Lateness <= 0 {
		o.Lateness = defaultLateness
	}
	o.Lateness = min(o.Lateness, maxLateness)
	return o
}

// quotas are the shares of the dimensions.
func (o Options) quotas() (q [Dimensions]int) {
	q = [Dimensions]int{
		Whole: 1, Gateway: max(4, o.MaxSeries/100), Source: max(4, o.MaxSeries/100), API: max(4, o.MaxSeries/50),
		Route: o.MaxSeries / 5, Network: o.MaxSeries / 12, Application: o.MaxSeries / 12,
	}
	rest := o.MaxSeries
	for _, n := range q {
		rest -= n
	}
	q[Principal], q[Address] = rest-rest/2, rest/2
	return q
}

// Table counts. It is not safe for concurrent use.
type Table struct {
	options Options
	seed    uint64
	clock   clock
	next    int64   // the oldest minute that is not over; noMinute before the first
	open    []*open // from that minute on; nil where there was nothing
	spare   []*open
	lanes   lanes
	kinds   map[string]*kinds // by source
	series  [Dimensions]dimension
	evicted []int32 // not told yet
	empty   int     // minutes in a row without a record
	stats   Stats   // its counts
	passing pass    // memory of Add
	closing closing // memory of closing
}

const noMinute = int64(-1)

// dimension is the series of one.
type dimension struct {
	registry
	base  int32 // number of its first series
	quota int
	keys  []*Key
	told  []told // by any record of a series
}

// New makes a table that has counted nothing.
func New(o Options) *Table {
	o = o.orDefault()
	t := &Table{options: o, seed: o.Seed, clock: newClock(), next: noMinute, kinds: map[string]*kinds{}}
	quotas, base := o.quotas(), 0
	for d := range t.series {
		t.series[d] = dimension{registry: newRegistry(quotas[d]), base: int32(base), quota: quotas[d]}
		base += quotas[d]
	}
	t.lanes = newLanes(quotas[Route])
	return t
}

// Add counts the rows from one to another, exclusive. refused are the rows,
// ascending, that we refused or answered ourselves: they count as Requests and
// Refused, and for nothing else. Logs of decoys and of calls that we made do not
// count. now is the time by which no honest record is newer: the wall clock in a
// service, the time of the batch's last record in a replay. Minutes that are
// over are given to each, in order.
func (t *Table) Add(b *event.Batch, from, to int, refused []int, now int64, each func(*Minute)) {
	if b.Kind == event.Decoy || b.Direction == event.Egress || from >= to {
		return
	}
	p := t.begin(b, refused, now, each)
	for row := from; row < to; row++ {
		p.row(row)
	}
	p.end()
}

// Close gives the minutes that are over to each, in order. It is to be called
// every second or so, and only when no records are waiting: without records,
// time goes on as now does.
func (t *Table) Close(now int64, each func(*Minute)) {
	t.clock.pass(now)
	t.advance(each)
}

// Stats tell how full the table is, and what did not count.
type Stats struct {
	Series     [Dimensions]int // that live
	Open       int             // minutes that are not over
	Late       uint64          // records of minutes that were over
	Early      uint64          // records of a time that has not come
	TurnedAway uint64          // records of somebody, or of a route, for whom there was no room
	Evicted    uint64          // series that made room
	Skipped    uint64          // minutes without a record that were left out of a long gap
	Bytes      int             // memory taken, about
}

// Stats gives them.
func (t *Table) Stats() Stats {
	s := t.stats
	for d := range t.series {
		s.Series[d] = t.series[d].live()
		s.Evicted += t.series[d].evicted
		s.Bytes += t.series[d].bytes() + keyBytes*len(t.series[d].keys)
	}
	for _, o := range t.open {
		if o != nil {
			s.Open++
			s.Bytes += o.bytes()
		}
	}
	for _, o := range t.spare {
		s.Bytes += o.bytes()
	}
	s.Bytes += t.lanes.bytes() + t.closing.bytes()
	return s
}

const keyBytes = 8 + 2 + 64 + 48 // with what it points to

// hash is that of a text; salt tells apart what it is the text of.
func (t *Table) hash(text []byte, salt uint64) uint64 {
	return max(1, xxh3.HashSeed(text, t.seed+salt)) // 0 is none
}

// The salts of hashes.
const (
	saltWhole = iota
	saltGateway
	saltSource
	saltAPI
	saltRoute
	saltPath
	saltObject
	saltNetwork
	saltApplication
	saltAgent
	saltHeader
	saltQuery
	saltFile
	saltAddress
	saltPrincipal // and the kinds
)

// room gives a series of a dimension a number, or -1. known tells that it had
// one; else its key is to be set.
func (t *Table) room(d Dimension, key uint64, minute int64) (at int, known bool) {
	s := &t.series[d]
	if at = s.find(key); at >= 0 {
		return at, true
	}
	at, taken := s.admit(key, int32(minute))
	if at < 0 {
		return -1, false
	}
	if taken {
		t.evicted = append(t.evicted, s.base+int32(at))
	}
	for len(s.keys) <= at {
		s.keys, s.told = append(s.keys, nil), append(s.told, 0)
	}
	s.told[at] = 0
	return at, false
}
