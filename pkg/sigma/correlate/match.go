package correlate

import "github.com/honeymoat/honeymoat/pkg/sigma"

// Record is a record that a rule matched. What it gives need be valid during
// Feed only.
type Record interface {
	Time() int64                        // nanoseconds since 1970
	Order() (file string, offset int64) // where it stands
	Value(field int) []byte             // of Engine.Fields; empty: the record has none
}

// Match is a correlation that was completed.
type Match struct {
	Correlation *sigma.Correlation
	Group       []string // the values of GroupBy; long ones are cut
	Window      int64    // start of the window that names the finding, nanoseconds
	Time        int64    // the event that completed it, or the window's last instant
	First       int64    // the first event known to belong to it
	Count       float64  // what was counted, as far as it was needed
	Trigger     bool     // completed by the record being fed
	Sample      []Ref    // up to five records of the group, the last ones fed
}

// Ref is where a record stands.
type Ref struct {
	File   string
	Offset int64
	Time   int64
}

// ref is a Ref whose file's name is shared.
type ref struct {
	file         *string
	offset, time int64
}

// sampleSize is how many records a finding shows.
const sampleSize = 5

// occurrence is an event as a correlation looks at it.
type occurrence struct {
	time   int64
	place  uint64  // the file's hash; 0: no file
	offset int64   // in the file
	member int     // index into the correlation's members
	value  uint64  // distinct types: hash of the value
	weight int64   // counting types: what it adds
	number float64 // value_percentile
	// margin is 0 for what was judged just now, and 1 else: windows that are
	// over at this very moment still take what is judged at it.
	margin int64
}

// completion is an event at which a rising condition holds.
type completion struct {
	time  int64
	first int64
	count int64 // in the measure's unit
	next  int64 // where to look for the next one
}
