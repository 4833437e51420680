package slow

import (
	"cmp"
	"math/bits"
	"slices"
	"strconv"
)

// Aspect is one side of how somebody behaves.
type Aspect uint8

// The aspects of a profile.
const (
	Paths     Aspect = iota // what it asks for
	Order                   // what after what
	Answers                 // methods and statuses
	Pace                    // gaps between requests
	Hours                   // of the day
	Agent                   // what it claims to be
	Handshake               // protocol, TLS fingerprint, headers
	Queries                 // names of keys
	Referers                // from where it says it comes
	Kinds                   // pages, images, scripts …
	aspects                 // count
)

var aspectNames = [aspects]string{"paths", "order", "answers", "pace", "hours", "user agent", "handshake", "query keys", "referers", "kinds of files"}

// String is the aspect's name for people and in the API.
func (a Aspect) String() string { return aspectNames[a] }

// Aspects lists them.
func Aspects() []Aspect {
	list := make([]Aspect, aspects)
	for i := range list {
		list[i] = Aspect(i)
	}
	return list
}

// maxFeatures bounds an aspect of one profile.
const maxFeatures = 400

// Profile is what an actor's requests look like: for each aspect how often
// each feature was seen.
type Profile struct {
	Requests int
	features [aspects]map[string]float64
}

// NewProfile makes a profile of requests, which it orders by time. Aspects in
// without are left out.
func NewProfile(requests []Request, without ...Aspect) *Profile {
	p := &Profile{Requests: len(requests)}
	for a := range p.features {
		p.features[a] = map[string]float64{}
	}
	slices.SortStableFunc(requests, func(a, b Request) int { return cmp.Compare(a.Time, b.Time) })
	for i := range requests {
		p.add(&requests[i])
		if i > 0 {
			p.follow(&requests[i-1], &requests[i])
		}
	}
	for _, a := range without {
		p.features[a] = nil
	}
	return p
}

func (p *Profile) add(r *Request) {
	p.see(Paths, Shape(r.Path))
	p.see(Answers, r.Method+" "+strconv.FormatInt(r.Status, 10))
	p.see(Hours, strconv.FormatInt(r.Time/(3600*1e9)%24, 10))
	p.see(Agent, r.UserAgent)
	p.see(Handshake, r.handshake())
	p.see(Queries, r.keys())
	p.see(Referers, r.from())
	p.see(Kinds, kindOf(r.Path))
}

func (p *Profile) follow(before, r *Request) {
	p.see(Order, before.Method+" "+Shape(before.Path)+" → "+r.Method+" "+Shape(r.Path))
	p.see(Pace, pace(r.Time-before.Time))
}

// pace is the order of magnitude of a gap.
func pace(gap int64) string {
	return "2^" + strconv.Itoa(bits.Len64(uint64(max(0, gap)/1e9))) + " s"
}

// see counts a feature; an empty one is not known.
func (p *Profile) see(a Aspect, feature string) {
	if feature == "" {
		return
	}
	if _, known := p.features[a][feature]; known || len(p.features[a]) < maxFeatures {
		p.features[a][feature]++
	}
}
