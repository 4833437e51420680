package erase

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Place is somewhere where data about a subject may be.
type Place interface {
	// Erase removes the subject and searches again. What it could not look
	// at, or not remove, is an error; the outcomes so far are given with it.
	Erase(ctx context.Context, s Subject) ([]Outcome, error)
}

// PlaceFunc is a Place that is a function.
type PlaceFunc func(ctx context.Context, s Subject) ([]Outcome, error)

// Erase implements Place.
func (f PlaceFunc) Erase(ctx context.Context, s Subject) ([]Outcome, error) { return f(ctx, s) }

// Outcome is what was found in one place.
type Outcome struct {
	Place string `json:"place"` // "store: events", "bus: lines"
	Found uint64 `json:"found"` // rows, messages or entries about the subject
	Left  uint64 `json:"left"`  // found when it was searched again
	Note  string `json:"note,omitempty"`
}

// Named is a place with its name, for errors.
type Named struct {
	Name  string
	Place Place
}

// Report is the proof. It does not name the subject.
type Report struct {
	Began    time.Time `json:"began"`
	Ended    time.Time `json:"ended"`
	Outcomes []Outcome `json:"outcomes"`
	// Failures are places that could not be cleaned, and why.
	Failures []string `json:"failures,omitempty"`
	Complete bool     `json:"complete"` // nothing is left, and nothing failed
}

// Run erases a subject from all places, in their order, however some of them
// fare. What comes in about the subject meanwhile is new data, and stays.
func Run(ctx context.Context, s Subject, places []Named, now func() time.Time) (Report, error) {
	if err := s.Validate(); err != nil {
		return Report{}, err
	}
	r := Report{Began: now(), Outcomes: []Outcome{}, Complete: true}
	var failures []error
	for _, p := range places {
		outcomes, err := p.Place.Erase(ctx, s)
		for _, o := range outcomes {
			r.Complete = r.Complete && o.Left == 0
		}
		r.Outcomes = append(r.Outcomes, outcomes...)
		if err != nil {
			r.Complete = false
			r.Failures = append(r.Failures, fmt.Sprintf("%s: %v", p.Name, err))
			failures = append(failures, fmt.Errorf("erase from %s: %w", p.Name, err))
		}
	}
	r.Ended = now()
	return r, errors.Join(failures...)
}
