package respond

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// ErrState is wrapped by errors of state that cannot be read.
var ErrState = errors.New("state cannot be read")

// ledgerVersion is the version of the encoding of a ledger.
const ledgerVersion = 3

type ledgerState struct {
	Version  int                    `json:"version"`
	Actors   []actorState           `json:"actors"`
	Memos    []*memo                `json:"memos"`
	Held     []*Held                `json:"held"`
	Ended    []*Ended               `json:"ended"`
	Removed  map[string]time.Time   `json:"removed"`
	Refusals map[block.ID]time.Time `json:"refusals"`
	Discards []Discard              `json:"discards"`
	Orphans  []activeAlert          `json:"orphans"`
	// Since version 2:
	Rollouts  json.RawMessage      `json:"rollouts,omitempty"`
	Repeats   repeats              `json:"repeats,omitempty"`
	Approvals map[string]*Approval `json:"approvals,omitempty"`
	Batches   map[string]batch     `json:"batches,omitempty"`
	Overflow  overflow             `json:"overflow,omitempty"`
	Trip      *tripped             `json:"trip,omitempty"`
	Declined  map[string]time.Time `json:"declined,omitempty"`
	// Since version 3:
	Feedback json.RawMessage `json:"feedback,omitempty"`
	Unmade   unmades         `json:"unmade,omitempty"`
}

// actorState is an actor as it is kept.
type actorState struct {
	Actor
	// Alert is that of the one story that there was before version 3.
	Alert *activeAlert `json:"alert,omitempty"`
}

// upgrade makes of an actor of before version 3 one with an account, of the
// findings that are remembered, and with one story.
func (l *Ledger) upgrade(s *actorState) {
	a := &s.Actor
	for i := range a.Evidence {
		l.scale().Add(&a.Account, &a.Evidence[i], 1)
	}
	if a.Tier != 0 || s.Alert != nil {
		a.Stories = []Story{{Tier: a.Tier, Reasons: a.Reasons, Touched: a.Touched, Alert: s.Alert}}
	}
}

// MarshalJSON implements json.Marshaler. Budgets are not kept: they are of
// the last minute only.
func (l *Ledger) MarshalJSON() ([]byte, error) {
	s, err := l.freeze()
	if err != nil {
		return nil, err
	}
	return json.Marshal(s)
}

// freeze takes the ledger as it is now. What it gives shares nothing with the
// ledger that changes, so it may be written while that goes on: blocks, of which
// there may be hundreds of thousands, are replaced when they change, and the
// rest is copied.
func (l *Ledger) freeze() (*ledgerState, error) {
	rollouts, err := l.book.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("write ledger: %w", err)
	}
	feedback, err := l.feedback.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("write ledger: %w", err)
	}
	s := &ledgerState{
		Version: ledgerVersion, Rollouts: rollouts, Feedback: feedback, Unmade: maps.Clone(l.unmade),
		Actors: l.frozenActors(), Memos: frozen(l.memos.queue),
		Held: values(l.blocks.byID), Ended: values(l.blocks.ended), Removed: maps.Clone(l.blocks.removed),
		Refusals: maps.Clone(l.refusals), Discards: l.Discards(), Orphans: slices.Clone(l.orphans),
		Repeats: maps.Clone(l.repeats), Approvals: make(map[string]*Approval, len(l.approvals)), Batches: maps.Clone(l.batches),
		Overflow: make(overflow, len(l.overflow)), Trip: l.breaker.trip, Declined: maps.Clone(l.declined),
	}
	for key, offences := range s.Repeats {
		s.Repeats[key] = slices.Clone(offences)
	}
	for id, a := range l.approvals {
		s.Approvals[id] = a.frozen()
	}
	for minute, m := range l.overflow {
		c := *m
		c.Rules, c.Examples = maps.Clone(m.Rules), slices.Clone(m.Examples)
		s.Overflow[minute] = &c
	}
	return s, nil
}

// UnmarshalJSON implements json.Unmarshaler. What the ledger held is
// replaced; its options stay. The error wraps ErrState.
func (l *Ledger) UnmarshalJSON(data []byte) error {
	var s ledgerState
	if err := json.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("read ledger: %w: %w", ErrState, err)
	}
	if s.Version < firstVersion || s.Version > ledgerVersion {
		return fmt.Errorf("read ledger: %w: version %d, this program reads %d: run the program that wrote it, or a later one",
			ErrState, s.Version, ledgerVersion)
	}
	next := NewLedger(l.options)
	next.budget = l.budget
	next.orphans = s.Orphans
	next.take(&s)
	if len(s.Feedback) > 0 {
		if err := next.feedback.UnmarshalJSON(s.Feedback); err != nil {
			return fmt.Errorf("read ledger: %w: %w", ErrState, err)
		}
	}
	if err := next.book.Restore(s.Rollouts); err != nil {
		return fmt.Errorf("read ledger: %w: %w", ErrState, err)
	}
	*l = *next
	return nil
}

func (l *Ledger) take(s *ledgerState) {
	for i := range s.Actors {
		if s.Version < ledgerVersion {
			l.upgrade(&s.Actors[i])
		}
		l.actors[s.Actors[i].Actor.Actor] = &s.Actors[i].Actor
	}
	for _, m := range s.Memos {
		if m != nil {
			l.memos.put(m)
		}
	}
	for _, h := range s.Held {
		if h != nil {
			held := l.blocks.hold(h.Block)
			held.Denied, held.Actor, held.Wanted, held.Complained = h.Denied, cmp.Or(h.Actor, actorOf(h.Block.Target)), h.Wanted, h.Complained
			held.ByGateways = h.ByGateways
		}
	}
	for _, e := range s.Ended {
		if e != nil {
			l.blocks.ended[e.Block.ID] = e
		}
	}
	for _, d := range s.Discards {
		l.discards[d.ID] = d
	}
	for id, a := range s.Approvals {
		if a != nil && len(a.Blocks) > 0 {
			l.keepWaiting(id, a)
		}
	}
	for minute, m := range s.Overflow {
		if m != nil && m.Rules != nil {
			l.overflow[minute] = m
		}
	}
	for key, offences := range s.Repeats {
		if len(offences) > 0 {
			l.repeats[key] = offences
		}
	}
	for key, u := range s.Unmade {
		if u != nil {
			l.unmade[key] = u
		}
	}
	maps.Copy(l.batches, s.Batches)
	maps.Copy(l.declined, s.Declined)
	l.breaker.trip = s.Trip
	maps.Copy(l.blocks.removed, s.Removed)
	maps.Copy(l.refusals, s.Refusals)
}
