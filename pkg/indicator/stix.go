package indicator

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// stixObject is what is read of a STIX 2.1 object.
type stixObject struct {
	Type           string     `json:"type"`
	ID             string     `json:"id"`
	Name           string     `json:"name"`
	Pattern        string     `json:"pattern"`
	PatternType    string     `json:"pattern_type"`
	ValidFrom      *time.Time `json:"valid_from"`
	ValidUntil     *time.Time `json:"valid_until"`
	Created        *time.Time `json:"created"`
	Modified       *time.Time `json:"modified"`
	Confidence     *float64   `json:"confidence"`
	Revoked        bool       `json:"revoked"`
	Labels         []string   `json:"labels"`
	IndicatorTypes []string   `json:"indicator_types"`
	CreatedBy      string     `json:"created_by_ref"`
	References     []stixLink `json:"external_references"`
}

type stixLink struct {
	URL string `json:"url"`
}

// stix reads a bundle, or the envelope of a TAXII 2.1 answer: all indicators
// in it.
func (r *reader) stix() error {
	s := stixReader{reader: r, cursor: newCursor(r.data), identities: map[string]string{}}
	if err := s.cursor.object(s.key); err != nil {
		return err
	}
	s.nameSources()
	if !s.objects {
		return errors.New(`there is no list "objects" in it: want a STIX 2.1 bundle`)
	}
	return s.cursor.ended()
}

type stixReader struct {
	*reader
	cursor     *cursor
	identities map[string]string // id → name
	objects    bool
}

func (s *stixReader) key(name string) error {
	if name != "objects" {
		return s.cursor.skip()
	}
	s.objects = true
	return s.cursor.array(func() error {
		at := s.cursor.place()
		var o stixObject
		wrong, broken := s.cursor.read(&o)
		switch {
		case wrong != nil:
			s.refuse(at, wrong)
		case o.Type == "identity":
			s.identities[o.ID] = o.Name
		case o.Type == "indicator" && broken == nil:
			s.indicator(at, &o)
		}
		return broken
	})
}

func (s *stixReader) indicator(at place, o *stixObject) {
	switch {
	case o.Revoked:
		s.report.LeftOut[leftRevoked]++
		return
	case o.PatternType != "" && o.PatternType != "stix":
		s.report.LeftOut[leftNoPatterns]++
		return
	case slices.Contains(o.IndicatorTypes, "benign"):
		s.report.LeftOut[leftHarmless]++
		return
	}
	values, err := parseSTIXPattern(o.Pattern)
	if err != nil {
		s.refuse(at, fmt.Errorf("%s: %w", cut(o.ID), err))
		return
	}
	if len(values) == 0 {
		s.report.LeftOut[leftElsewhere]++
		return
	}
	for _, v := range values {
		e := o.entry()
		e.Kind, e.Value = v.kind, v.value
		s.take(at, e)
	}
}

// entry is what an object says about each of its values.
func (o *stixObject) entry() entry {
	e := entry{Indicator: Indicator{Source: o.CreatedBy, Labels: append(slices.Clone(o.IndicatorTypes), o.Labels...)}}
	if o.Confidence != nil {
		e.Confidence, e.confident = int(*o.Confidence), true
	}
	for _, link := range o.References {
		if e.Reference == "" && strings.HasPrefix(link.URL, "http") {
			e.Reference = link.URL
		}
	}
	for _, t := range []*time.Time{o.Created, o.Modified} {
		if t != nil {
			e.seen = *t
		}
	}
	if o.ValidFrom != nil {
		e.From = *o.ValidFrom
		if e.seen.IsZero() {
			e.seen = e.From
		}
	}
	if o.ValidUntil != nil {
		e.Until = *o.ValidUntil
	}
	return e
}

// nameSources puts the names of identities in place of their ids.
func (s *stixReader) nameSources() {
	notes := s.builder.list.notes
	for i := range notes {
		if name := s.identities[notes[i].source]; name != "" {
			notes[i].source = name
		}
	}
}
