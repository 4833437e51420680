package inventory

import (
	"cmp"
	"slices"
	"strings"
)

// Specs are compiled documents. They are immutable and safe for concurrent use.
type Specs struct {
	hosts     map[string]*step // by their exact name
	patterns  []hostPattern    // names with parameters
	anywhere  *step            // endpoints without a host
	all       *step            // every endpoint, for requests without a host
	endpoints int
}

type hostPattern struct {
	name string
	host pattern
	top  *step
}

// step is a position in a compiled path.
type step struct {
	words     map[string]*step // concrete segments, decoded
	mixed     []mixedStep      // those with most text first
	parameter *step
	here      *endpoint // of paths that end here
	withSlash *endpoint // of paths that end here with a slash
}

type mixedStep struct {
	name string // canonical
	text pattern
	next *step
}

type endpoint struct {
	methods []methodMatch
	other   Match // for methods that the document does not list
}

type methodMatch struct {
	method string
	match  Match
}

// NewSpecs compiles documents. Where two of them have the same path on the
// same host, the first one has it.
func NewSpecs(documents ...*Spec) *Specs {
	s := &Specs{hosts: map[string]*step{}, anywhere: &step{}, all: &step{}}
	for _, d := range documents {
		for i := range d.Endpoints {
			s.add(d.API, &d.Endpoints[i])
		}
	}
	slices.SortStableFunc(s.patterns, func(a, b hostPattern) int { return cmp.Compare(b.host.literals, a.host.literals) })
	return s
}

// Empty tells that there is nothing to match.
func (s *Specs) Empty() bool { return s.endpoints == 0 }

func (s *Specs) add(api string, e *Endpoint) {
	compiled := compile(api, e)
	s.endpoints++
	s.all.add(e.Template, compiled)
	if len(e.Hosts) == 0 {
		s.anywhere.add(e.Template, compiled)
	}
	for _, host := range e.Hosts {
		s.top(host).add(e.Template, compiled)
	}
}

// top gives the step where the paths of a host begin.
func (s *Specs) top(host string) *step {
	p := newPattern(host)
	if p.concrete() {
		if s.hosts[host] == nil {
			s.hosts[host] = &step{}
		}
		return s.hosts[host]
	}
	name := canonical(host)
	for i := range s.patterns {
		if s.patterns[i].name == name {
			return s.patterns[i].top
		}
	}
	top := &step{}
	s.patterns = append(s.patterns, hostPattern{name: name, host: p, top: top})
	return top
}

func compile(api string, e *Endpoint) *endpoint {
	c := &endpoint{other: Match{Template: e.Template, API: api}}
	for _, op := range e.Operations {
		m := Match{Template: e.Template, API: api, Tags: joinTags(op.Tags), Operation: op.ID, Listed: true}
		c.methods = append(c.methods, methodMatch{op.Method, m})
	}
	return c
}

// joinTags joins by commas; those within a tag become blanks.
func joinTags(tags []string) string {
	clean := make([]string, len(tags))
	for i, tag := range tags {
		clean[i] = strings.Join(strings.FieldsFunc(tag, func(r rune) bool { return r == ',' || r == ' ' }), " ")
	}
	return strings.Join(clean, ",")
}

func (s *step) add(template string, e *endpoint) {
	for seg := range strings.SplitSeq(template, "/") {
		if seg != "" {
			s = s.next(seg)
		}
	}
	place := &s.here
	if strings.HasSuffix(template, "/") {
		place = &s.withSlash
	}
	if *place == nil {
		*place = e
	}
}

// next gives the step below s for a segment, made if need be.
func (s *step) next(seg string) *step {
	var buffer [decodeBytes]byte
	seg = string(decode([]byte(seg), &buffer)) // as requests are compared
	switch p := newPattern(seg); {
	case p.concrete():
		return s.wordStep(seg)
	case p.parameterOnly():
		if s.parameter == nil {
			s.parameter = &step{}
		}
		return s.parameter
	default:
		return s.mixedStep(canonical(seg), p)
	}
}

func (s *step) wordStep(name string) *step {
	if s.words == nil {
		s.words = map[string]*step{}
	}
	if s.words[name] == nil {
		s.words[name] = &step{}
	}
	return s.words[name]
}

func (s *step) mixedStep(name string, p pattern) *step {
	for i := range s.mixed {
		if s.mixed[i].name == name {
			return s.mixed[i].next
		}
	}
	next := &step{}
	s.mixed = append(s.mixed, mixedStep{name: name, text: p, next: next})
	slices.SortStableFunc(s.mixed, func(a, b mixedStep) int { return cmp.Compare(b.text.literals, a.text.literals) })
	return next
}
