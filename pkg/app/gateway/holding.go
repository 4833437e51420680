package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/agent"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/config"
)

// HoldingQuestion asks what an agent holds.
type HoldingQuestion struct {
	// Target, if set, asks for the blocks and exemptions that are about it, or
	// about a part of it. Users, keys, tokens and sessions stand as they are.
	Target string `json:"target,omitempty"`
	// List asks for the blocks themselves, at most so many.
	List int `json:"list,omitempty"`
}

// Holding is what an agent holds, by segment.
type Holding struct {
	Name     string           `json:"name,omitempty"`
	InSync   bool             `json:"in_sync"`
	Saved    bool             `json:"saved,omitempty"` // the agent does not run: by its saved state
	Segments []SegmentHolding `json:"segments"`
	Listed   []Listed         `json:"listed,omitempty"`
	Unlisted int              `json:"unlisted,omitempty"` // that would be listed if there were room
}

// SegmentHolding is what an agent holds of a segment; "" is what it refuses or
// allows by itself.
type SegmentHolding struct {
	Segment string              `json:"segment"`
	Version block.Version       `json:"version"`
	Keys    int                 `json:"match_keys"`
	Live    int                 `json:"live"` // blocks and exemptions that are not over
	Scopes  map[block.Scope]int `json:"scopes"`
	Actions map[string]int      `json:"actions"`
	Modes   map[string]int      `json:"modes"`
}

// Held tells a person what the agent holds: the running one, or else its state
// file.
func Held(ctx context.Context, c config.Agent, q HoldingQuestion) (Holding, error) {
	h, err := askControl[Holding](ctx, c.StateDir, holdingPath, q)
	if !errors.Is(err, errNotRunning) {
		return h, err
	}
	saved, _, stateErr := openSaved(c)
	if stateErr != nil {
		return Holding{}, fmt.Errorf("%w, and its state cannot be read: %w", err, stateErr)
	}
	h, err = q.answer(saved)
	h.Saved = true
	return h, err
}

func (q *HoldingQuestion) answer(a *agent.Agent) (Holding, error) {
	about, err := q.about(a)
	if err != nil {
		return Holding{}, err
	}
	var h Holding
	segments := map[string]*SegmentHolding{}
	for name, v := range a.Versions() {
		segments[name] = &SegmentHolding{Segment: name, Version: v, Keys: len(a.MatchKeys()[name])}
	}
	for held := range a.Held() {
		if about(&held) {
			h.add(segments, &held, q.List)
		}
	}
	for _, s := range segments {
		h.Segments = append(h.Segments, *s)
	}
	slices.SortFunc(h.Segments, func(a, b SegmentHolding) int { return cmp.Compare(a.Segment, b.Segment) })
	slices.SortFunc(h.Listed, func(a, b Listed) int {
		return cmp.Or(cmp.Compare(a.Segment, b.Segment), cmp.Compare(a.Target.String(), b.Target.String()))
	})
	return h, nil
}

func (h *Holding) add(segments map[string]*SegmentHolding, held *block.Held, list int) {
	s := segments[held.Segment]
	if s == nil {
		s = &SegmentHolding{Segment: held.Segment}
		segments[held.Segment] = s
	}
	s.count(held)
	switch {
	case len(h.Listed) < list:
		e := held.Entry
		h.Listed = append(h.Listed, Listed{held.Segment, held.Target, e.ID, e.Action, e.Mode, e.Percent, int64(held.Left.Seconds())})
	case list > 0:
		h.Unlisted++
	}
}

func (s *SegmentHolding) count(held *block.Held) {
	if s.Scopes == nil {
		s.Scopes, s.Actions, s.Modes = map[block.Scope]int{}, map[string]int{}, map[string]int{}
	}
	s.Live++
	s.Scopes[held.Target.Scope()]++
	s.Actions[held.Entry.Action.String()]++
	s.Modes[held.Entry.Mode.String()]++
}

// about tells which blocks are wanted.
func (q *HoldingQuestion) about(a *agent.Agent) (func(h *block.Held) bool, error) {
	if q.Target == "" {
		return func(*block.Held) bool { return true }, nil
	}
	criteria, err := block.ParseCriteria(q.Target)
	if err != nil {
		return nil, err
	}
	wanted := map[string][]block.Target{} // by segment: one for each match key
	for segment, keys := range a.MatchKeys() {
		for _, key := range keys {
			t, err := key.Target(criteria)
			if err != nil {
				return nil, err
			}
			wanted[segment] = append(wanted[segment], t)
		}
	}
	plain, err := plainTarget(criteria)
	if err != nil && len(wanted) == 0 {
		return nil, err
	}
	return func(h *block.Held) bool {
		held := h.Target.Blocked()
		return slices.ContainsFunc(append(wanted[cmp.Or(h.Segment, block.All)], plain...), func(t block.Target) bool {
			return held.Covers(t) || t.Covers(held)
		})
	}, nil
}

// plainTarget is the target as it stands there, for agents without match keys.
func plainTarget(criteria []block.Criterion) ([]block.Target, error) {
	t, err := block.NewTarget(criteria...)
	if err != nil {
		return nil, err
	}
	return []block.Target{t}, nil
}
