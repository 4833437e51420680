package series

import (
	"io"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// Options bound what is counted. What is zero has the default.
type Options struct {
	// MaxSeries bounds the series of all dimensions together: 100,000. Of these
	// a fifth are kept for routes, a twelfth each for networks and
	// applications, and all but a few of the rest half each for principals and
	// addresses.
	MaxSeries int
	// Lateness is how long a minute waits for its last records: 90 s, at most
	// two minutes.
	Lateness time.Duration
	// Seed of the hashes by which values are told apart. Who knows it can make
	// values that are taken for one another.
	Seed uint64
}

// Table counts. It is not safe for concurrent use.
type Table struct {
	options Options
}

// New makes a table that has counted nothing.
func New(o Options) *Table { return &Table{options: o} }

// Add counts the rows from one to another, exclusive. refused are the rows,
// ascending, that we refused or answered ourselves: they count as Requests and
// Refused, and for nothing else. Logs of decoys and of calls that we made do not
// count. now is the time by which no honest record is newer: the wall clock in a
// service, the time of the batch's last record in a replay. Minutes that are
// over are given to each.
func (t *Table) Add(b *event.Batch, from, to int, refused []int, now int64, each func(*Minute)) {}

// Close gives the minutes that are over to each, in order. It is to be called
// every second or so, and only when no records are waiting: without records,
// time goes on as now does.
func (t *Table) Close(now int64, each func(*Minute)) {}

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
func (t *Table) Stats() Stats { return Stats{} }

// WriteSnapshot writes all that the table knows.
func (t *Table) WriteSnapshot(w io.Writer) error { return nil }

// Restore reads what WriteSnapshot wrote. The error leaves the table as it was.
func (t *Table) Restore(data []byte) error { return nil }
