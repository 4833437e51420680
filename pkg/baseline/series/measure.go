package series

import (
	"github.com/honeymoat/honeymoat/pkg/baseline"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Measure is what of a minute is measured.
type Measure uint8

// The measures. What is not told by any record of the minute is NaN.
const (
	Requests      Measure = iota // offered, those that we refused ourselves included
	ClientErrors                 // share of the answers: 4xx but 499, by which the client left
	ServerErrors                 // share of the answers: 5xx
	Latency50                    // median, seconds
	Latency95                    // 95th percentile, seconds
	RequestBytes                 // mean of a request
	ResponseBytes                // mean of a response
	Paths                        // different paths
	Objects                      // different values where the route has a {placeholder}
	Principals                   // different users, tokens, keys, sessions, applications
	Addresses                    // different addresses, of IPv6 /64s
	OddHeaders                   // share of the requests: header names or content type that the route hardly ever had
	OddQueries                   // share of the requests: query keys that the route hardly ever had
	OddFormats                   // share of the answers: a status that the route hardly ever had
	Refused                      // by our own blocks
	Measures      = iota         // how many there are
)

// nature is what a measure is.
type nature struct {
	name   string
	unit   string
	kind   baseline.Kind
	family finding.Family
}

var natures = [Measures]nature{
	Requests:      {"requests", "requests a minute", baseline.Count, finding.Volume},
	ClientErrors:  {"client errors", "of the answers", baseline.Share, finding.Errors},
	ServerErrors:  {"server errors", "of the answers", baseline.Share, finding.Errors},
	Latency50:     {"median latency", "s", baseline.Positive, finding.Latency},
	Latency95:     {"95th percentile of latency", "s", baseline.Positive, finding.Latency},
	RequestBytes:  {"request bytes", "bytes a request", baseline.Positive, finding.Volume},
	ResponseBytes: {"response bytes", "bytes a response", baseline.Positive, finding.Volume},
	Paths:         {"different paths", "paths a minute", baseline.Count, finding.Scraping},
	Objects:       {"different objects", "objects a minute", baseline.Count, finding.Object},
	Principals:    {"different principals", "principals a minute", baseline.Count, finding.Volume},
	Addresses:     {"different addresses", "addresses a minute", baseline.Count, finding.Volume},
	OddHeaders:    {"unusual headers", "of the requests", baseline.Share, finding.Format},
	OddQueries:    {"unusual query keys", "of the requests", baseline.Share, finding.Format},
	OddFormats:    {"unusual answers", "of the answers", baseline.Share, finding.Format},
	Refused:       {"requests refused by us", "requests a minute", baseline.Count, finding.Volume},
}

// Kind is how the measure's values are distributed.
func (m Measure) Kind() baseline.Kind { return natures[m].kind }

// Unit is that of the measure's values, for people: "s", "requests a minute".
func (m Measure) Unit() string { return natures[m].unit }

// Family is what a finding about the measure is evidence of.
func (m Measure) Family() finding.Family { return natures[m].family }

// String is the measure's name, for people.
func (m Measure) String() string { return natures[m].name }

// Set is a set of measures.
type Set uint32

func setOf(measures ...Measure) (s Set) {
	for _, m := range measures {
		s |= 1 << m
	}
	return s
}

// Has tells whether a measure is in the set.
func (s Set) Has(m Measure) bool { return s>>m&1 == 1 }

const all Set = 1<<Measures - 1

// MeasuresOf are what is measured of a dimension's series. The many series, of
// people and addresses, have few.
func MeasuresOf(d Dimension) Set {
	few := setOf(Requests, ClientErrors, ResponseBytes, Paths, Objects, Refused)
	switch d {
	case Principal:
		return few | setOf(Addresses)
	case Address:
		return few | setOf(Principals)
	case Network, Application:
		return few | setOf(ServerErrors, Principals, Addresses)
	default:
		return all
	}
}
