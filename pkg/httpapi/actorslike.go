package httpapi

import (
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

const (
	// lookedBack is how far back links and likeness go unless a period is
	// asked for.
	lookedBack = 7 * 24 * time.Hour
	// defaultSimilar and maxSimilar are how many similar actors are told.
	defaultSimilar = 10
	maxSimilar     = 100
)

// linkedActors tells with whom an actor was seen. It is asked of the store, so
// that an actor without evidence has links too.
func (s *Server) linkedActors(x *exchange) error {
	p := newParams(x.Request.URL)
	a, period, err := s.storedActor(x, p)
	if err != nil {
		return err
	}
	links, err := s.options.History.ActorLinks(x.Request.Context(), a, period)
	links.Links, links.Linked = filledList(links.Links), filledList(links.Linked)
	for i := range links.Linked {
		links.Linked[i].Through = filledList(links.Linked[i].Through)
	}
	return one(x, links, err)
}

// similarActors tells who behaves like an actor.
func (s *Server) similarActors(x *exchange) error {
	p := newParams(x.Request.URL)
	limit := read(p, "limit", number(1, maxSimilar))
	if limit == 0 {
		limit = defaultSimilar
	}
	a, period, err := s.storedActor(x, p)
	if err != nil {
		return err
	}
	similar, err := s.options.History.SimilarActors(x.Request.Context(), a, period, limit)
	similar.Similar = filledList(similar.Similar)
	for i := range similar.Similar {
		similar.Similar[i].Parts = filledList(similar.Similar[i].Parts)
	}
	return one(x, similar, err)
}

// storedActor reads the actor of a path, and the period that is asked about.
func (s *Server) storedActor(x *exchange, p *params) (finding.Actor, wire.Period, error) {
	period := p.period()
	if err := p.err(); err != nil {
		return finding.Actor{}, period, err
	}
	a, err := actorAt(x.Param("kind"), x.Param("value"))
	if err != nil {
		return a, period, invalid("value", err.Error())
	}
	if a.Kind.Place() {
		return a, period, invalid("kind", string(a.Kind)+" is a place: nobody is behind it who could be like another")
	}
	if period.Until.IsZero() {
		period.Until = s.options.Now().UTC()
	}
	if period.Since.IsZero() {
		period.Since = period.Until.Add(-lookedBack)
	}
	return a, period, nil
}
