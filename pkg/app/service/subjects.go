package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/honeymoat/honeymoat/pkg/bus"
	"github.com/honeymoat/honeymoat/pkg/erase"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// subjects finds people in what is kept, and takes them out of it.
type subjects struct{ *Service }

// Hash gives what may stand for a value, whatever kind of principal it is, and
// for an address in the audit.
func (s subjects) Hash(value string) []string {
	keys := *s.masking.keys.Load()
	hashes := keys.All("principal", value)
	for _, kind := range []finding.ActorKind{finding.User, finding.Application, finding.Key, finding.Token, finding.Session} {
		hashes = append(hashes, keys.All(string(kind), value)...)
	}
	return hashes
}

// Principal implements httpapi.Subjects.
func (s subjects) Principal(ctx context.Context, value string, hashes []string) (wire.PrincipalEvents, error) {
	return s.store.Principal(ctx, value, hashes)
}

// Erase implements httpapi.Subjects.
func (s subjects) Erase(ctx context.Context, subject erase.Subject) (erase.Report, error) {
	e := &erasure{Service: s.Service, ends: s.bus.Ends, done: s.handled}
	if subject.Search {
		return erase.Run(ctx, subject, []erase.Named{
			{Name: "evidence and blocks", Place: erase.PlaceFunc(e.known)},
			{Name: "bus", Place: erase.PlaceFunc(e.waiting)},
			{Name: "store", Place: s.store},
		}, time.Now)
	}
	return erase.Run(ctx, subject, []erase.Named{
		{Name: "what is on its way", Place: erase.PlaceFunc(e.settle)},
		{Name: "routes", Place: erase.PlaceFunc(e.learned)},
		{Name: "evidence and blocks", Place: erase.PlaceFunc(e.evidence)},
		{Name: "bus", Place: erase.PlaceFunc(e.bus)},
		{Name: "store", Place: s.store},
		{Name: "quarantine", Place: erase.PlaceFunc(e.raw)},
		{Name: "agents", Place: erase.PlaceFunc(e.agents)},
	}, time.Now)
}

// erasure is one erasing of a subject, place by place.
type erasure struct {
	*Service
	ends   func(context.Context) (bus.Ends, error) // of the bus
	done   func() bus.Ends                         // what of it has been stored and judged
	before bus.Ends                                // what may be taken off the bus: it has been processed
	keys   []string                                // of the subject's blocks
	// blocks are the revisions from which on they are gone, by segment.
	blocks map[string]uint64
}

// settleTimeout is how long an erasure waits until all that was on the bus
// when it began has been stored and judged, and agents have dropped a block.
const settleTimeout = 2 * time.Minute

// settle waits until all that is on the bus has been processed: what comes out
// of it later would bring the subject back. What is not processed in time stays
// on the bus: a message holds other people's lines too.
func (e *erasure) settle(ctx context.Context, _ erase.Subject) ([]erase.Outcome, error) {
	ends, err := e.ends(ctx)
	if err != nil {
		return nil, err
	}
	err = e.awaitProcessed(ctx, ends)
	done := e.done()
	e.before = bus.Ends{Lines: min(ends.Lines, done.Lines), Records: min(ends.Records, done.Records), Dead: ends.Dead}
	if err != nil {
		return nil, fmt.Errorf("the store or detection is behind, at %d of %d batches and %d of %d rows; what is not stored stays on the bus: %w",
			e.before.Lines, ends.Lines, e.before.Records, ends.Records, err)
	}
	return nil, nil
}

// handled tells how far the streams have been stored and judged.
func (s *Service) handled() bus.Ends {
	return bus.Ends{Lines: s.processed(), Records: s.writer.RecordsDone()}
}

// awaitProcessed waits until what lies before the ends is stored and judged.
func (e *erasure) awaitProcessed(ctx context.Context, ends bus.Ends) error {
	ctx, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	return await(ctx, func() bool {
		done := e.done()
		return done.Lines >= ends.Lines && done.Records >= ends.Records
	})
}

func await(ctx context.Context, done func() bool) error {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
	}
	return nil
}

// learned drops the words of paths that name the subject, and saves what is
// left in place of what was saved.
func (e *erasure) learned(ctx context.Context, subject erase.Subject) ([]erase.Outcome, error) {
	names := func(word string) bool { return subject.Names([]byte(word)) }
	o := erase.Outcome{Place: "routes", Found: uint64(e.routes.forget(names))}
	if o.Found > 0 {
		if err := e.saveRoutes(ctx); err != nil {
			return []erase.Outcome{o}, err
		}
	}
	o.Left = uint64(e.routes.forget(names))
	return []erase.Outcome{o}, nil
}

// known counts what the responder would forget.
func (e *erasure) known(_ context.Context, subject erase.Subject) ([]erase.Outcome, error) {
	n := uint64(e.responder.Knows(subject.Actors(), func(text string) bool { return subject.Names([]byte(text)) }))
	return []erase.Outcome{{Place: "evidence and blocks", Found: n, Left: n}}, nil
}

// waiting counts the messages on the bus that would be erased.
func (e *erasure) waiting(ctx context.Context, subject erase.Subject) ([]erase.Outcome, error) {
	ends, err := e.ends(ctx)
	if err != nil {
		return nil, err
	}
	return e.Service.bus.Erase(ctx, subject, ends, nil)
}

// evidence has the responder forget, and waits until the rows that it wrote on
// the way are stored, so that they go with the others.
func (e *erasure) evidence(ctx context.Context, subject erase.Subject) ([]erase.Outcome, error) {
	o := erase.Outcome{Place: "evidence and blocks"}
	names := func(text string) bool { return subject.Names([]byte(text)) }
	n, keys, err := e.responder.Forget(ctx, subject.Actors(), names)
	o.Found, e.keys = uint64(n), keys
	if err != nil {
		return []erase.Outcome{o}, err
	}
	o.Left = uint64(e.responder.Knows(subject.Actors(), names))
	e.blocks = map[string]uint64{}
	for segment, v := range e.Service.bus.Blocks().Versions() {
		e.blocks[segment] = v.Revision
	}
	ends, err := e.ends(ctx)
	if err != nil {
		return []erase.Outcome{o}, err
	}
	if err := e.awaitProcessed(ctx, bus.Ends{Records: ends.Records}); err != nil {
		return []erase.Outcome{o}, fmt.Errorf("rows about it are not stored yet: %w", err)
	}
	e.before.Records = ends.Records
	return []erase.Outcome{o}, nil
}

func (e *erasure) bus(ctx context.Context, subject erase.Subject) ([]erase.Outcome, error) {
	return e.Service.bus.Erase(ctx, subject, e.before, e.keys)
}

// raw removes what could not be parsed from the spool of this host.
func (e *erasure) raw(_ context.Context, subject erase.Subject) ([]erase.Outcome, error) {
	found, left, err := e.quarantine.Forget(subject.Names)
	return []erase.Outcome{{
		Place: "quarantine: raw records here", Found: uint64(found), Left: uint64(left),
		Note: "those on agents' hosts are not reached",
	}}, err
}

// agents waits until every agent that is connected enforces a set without the
// subject's blocks. It writes the set to its disk within a second or so.
func (e *erasure) agents(ctx context.Context, _ erase.Subject) ([]erase.Outcome, error) {
	o := erase.Outcome{Place: "agents"}
	ctx, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	var failed error
	behind := func() bool {
		agents, err := e.Service.bus.Agents().Agents(ctx)
		if failed = err; err != nil {
			return false
		}
		o.Left, o.Found = 0, 0
		for i := range agents {
			for segment, v := range agents[i].Enforcing {
				if !agents[i].Connected || e.blocks[segment] == 0 {
					continue
				}
				o.Found++
				if v.Revision < e.blocks[segment] {
					o.Left++
				}
			}
		}
		return o.Left > 0
	}
	err := await(ctx, func() bool { return !behind() && failed == nil })
	o.Note = "found counts the sets that connected agents enforce; those that are away drop the block when they are back, or when it ends"
	return []erase.Outcome{o}, errors.Join(err, failed)
}
