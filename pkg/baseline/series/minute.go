package series

import (
	"iter"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Minute is what was counted in a minute of event time. It and all that it
// refers to, Keys excepted, is valid until the function that it was given to
// returns.
type Minute struct {
	Start int64 // Unix nanoseconds
	// Rows are those of the places that had requests, and of the steady ones
	// without, in order of dimension; Row.Series is in no order.
	Rows []Row
	// People gives the rows of principals and addresses that had requests, each
	// of which is valid until the next: there are too many to keep them all. It
	// is nil when there are none.
	People  iter.Seq[*Row]
	Firsts  []First
	Evicted []int32 // series that ended before this minute; their numbers may be those of Rows
}

// Each gives all rows.
func (m *Minute) Each(do func(*Row)) {
	for i := range m.Rows {
		do(&m.Rows[i])
	}
	if m.People != nil {
		m.People(func(r *Row) bool { do(r); return true })
	}
}

// Row is a minute of a series.
type Row struct {
	// Series is the series' number while it lives: below Options.MaxSeries,
	// and another's once Evicted has named it.
	Series int32
	Key    *Key // as long as the series lives the same
	// Values are the measures; NaN is what no record told, of which nothing can
	// be said, or what is not measured of this dimension.
	Values [Measures]float64
	// Weights tell of how many records a value was made: of a share those that
	// it is a share of, of a mean or quantile those that it is made of, of a
	// count 1.
	Weights [Measures]float64
	// Top are who and what carries a sixteenth at least of the requests, errors
	// or bytes: of Whole, Gateway, API and Route the first eight of each kind.
	// Own refusals are among those of "status" only. What they count is what is
	// certain: it may be a little more. Among hundreds of others somebody may be
	// missing who carries little more than that share. Those of a Table are
	// found when Explain is called.
	Top []Top
	// Largest and LargestRequest are the records with the most response and
	// request bytes; nil where no sizes were told, of dimensions beyond Route,
	// and LargestRequest of those before it too.
	Largest, LargestRequest *Single

	table *Table // that knows Top, or nil
	sum   *place
}

// Explain finds Top, if that is yet to be done.
func (r *Row) Explain() {
	if r.table != nil {
		r.table.carriersOf(r)
		r.table = nil
	}
}

// Carrier is a kind of what carries traffic.
type Carrier string

// The kinds of carriers, as finding.Part.Kind has them.
const (
	ByAddress   Carrier = "address"   // Value is the address, or the /64
	ByPrincipal Carrier = "principal" // Value is "user:alice"
	ByNetwork   Carrier = "network"
	ByRoute     Carrier = "route"      // Value is a route's Key.Name
	ByStatus    Carrier = "status"     // Value is "5xx", or "refused" of what we refused ourselves
	ByAgent     Carrier = "user agent" // Value is how it begins
)

// Top is one of those who carry a place's traffic.
type Top struct {
	Carrier      Carrier
	Value        string
	API          string // of a route
	Requests     uint32 // not refused by us; of the status "refused" those
	ClientErrors uint32
	ServerErrors uint32
	Bytes        uint64 // of the responses
}

// Actor is the carrier as a finding names it; zero when it is nobody.
func (t *Top) Actor() finding.Actor {
	switch t.Carrier {
	case ByAddress:
		return (&Key{Dimension: Address, Name: t.Value}).Actor()
	case ByPrincipal:
		return (&Key{Dimension: Principal, Name: t.Value}).Actor()
	default:
		return finding.Actor{}
	}
}

// Single is one record that stands out.
type Single struct {
	Bytes     int64         // of its response or request
	Time      int64         // Unix nanoseconds
	Principal finding.Actor // zero = not known
	Address   finding.Actor // zero = not known
	Route     *Key          // of dimension Route; nothing but names
	Sighting  finding.Sighting
}

// Actor is who sent it: the principal, else the address, else nobody.
func (s *Single) Actor() finding.Actor {
	if s.Principal != (finding.Actor{}) {
		return s.Principal
	}
	return s.Address
}

// First is a kind of principal for which a method works on a route for the
// first time, though the route has been known well. It is told once.
type First struct {
	Single          // Bytes are those of its response, or event.Unknown
	Kind     string // "user", "token", "key", "application", "session" or "anonymous"
	Method   string
	Refusals uint32 // of this kind and method before: none, or many
	Requests uint64 // of the route before
	Since    int64  // when the route was seen first, Unix nanoseconds
}
