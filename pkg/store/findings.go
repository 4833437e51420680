package store

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// Findings gives one page of findings with their sightings, newest first.
func (s *Store) Findings(ctx context.Context, q wire.FindingQuery) (wire.Page[wire.Finding], error) {
	args, c, err := paging("findings", q.Slice, q.Period)
	if err != nil {
		return wire.Page[wire.Finding]{}, err
	}
	args = append(args, named("id", ""), named("after_id", c.Key), named("rule", q.Rule),
		named("family", string(q.Family)), named("actor_kind", string(q.Actor.Kind)), named("actor", q.Actor.Value),
		named("tiers", tiersFrom(q.Tier)), named("discarded", triState(q.Discarded)))
	rows, err := ask(ctx, s, "findings", scanFinding, args...)
	if err != nil {
		return wire.Page[wire.Finding]{}, err
	}
	return cut(rows, q.Slice, func(f *wire.Finding) cursor {
		return cursor{List: "findings", At: f.Time.UnixNano(), Key: f.ID}
	}), nil
}

// Finding gives a finding by its id. It wraps respond.ErrNotFound without one.
func (s *Store) Finding(ctx context.Context, id string) (wire.Finding, error) {
	args, _, err := paging("findings", wire.Slice{Limit: 1}, wire.Period{})
	if err != nil {
		return wire.Finding{}, err
	}
	args = append(args, named("id", id), named("after_id", ""), named("rule", ""), named("family", ""),
		named("actor_kind", ""), named("actor", ""), named("tiers", []string{}), named("discarded", ""))
	return askOne(ctx, s, "findings", scanFinding, args...)
}

// tiersFrom names a tier and the more urgent ones; none for no tier.
func tiersFrom(t finding.Tier) []string {
	names := []string{}
	for _, tier := range finding.Tiers() {
		if t != 0 && tier >= t {
			names = append(names, tier.String())
		}
	}
	return names
}

// triState is "", "true" or "false".
func triState(b *bool) string {
	if b == nil {
		return ""
	}
	return fmt.Sprint(*b)
}

func scanFinding(scan scanner, f *wire.Finding) error {
	var family, tier, kind string
	var sightings [][]any
	var st storedStatistic
	err := scan(&f.ID, &f.Time, &f.Rule, &f.RuleVersion, &family, &tier, &f.Score, &kind, &f.Actor.Value,
		&f.Title, &f.Reason, &f.API, &f.Segment, &f.Discarded, &f.BlockID,
		&f.Owner, &st.shape, &st.series, &st.unit, &st.expected, &st.seen, &st.lower, &st.upper,
		&st.since, &st.until, &st.probability, &st.parts, &sightings)
	if err != nil {
		return err
	}
	if f.Statistic, err = st.statistic(); err != nil {
		return fmt.Errorf("finding %s: %w", f.ID, err)
	}
	f.Family, f.Actor.Kind = finding.Family(family), finding.ActorKind(kind)
	for _, v := range sightings {
		sighting, err := sightingOf(v)
		if err != nil {
			return fmt.Errorf("finding %s: %w", f.ID, err)
		}
		f.Sightings = append(f.Sightings, sighting)
	}
	return f.Tier.UnmarshalText([]byte(tier))
}

// storedStatistic is what a finding rests on, as the store has it: what is not
// known is null.
type storedStatistic struct {
	shape, series, unit, parts                string
	expected, seen, lower, upper, probability *float64
	since, until                              *time.Time
}

// statistic is nil without a shape.
func (s *storedStatistic) statistic() (*finding.Statistic, error) {
	if s.shape == "" {
		return nil, nil
	}
	st := finding.Statistic{
		Shape: finding.Shape(s.shape), Series: s.series, Unit: s.unit, Expected: orZero(s.expected), Seen: orZero(s.seen),
		Lower: orZero(s.lower), Upper: orZero(s.upper), Since: orZero(s.since), Until: orZero(s.until), Probability: orZero(s.probability),
	}
	if s.parts == "" {
		return &st, nil
	}
	if err := json.Unmarshal([]byte(s.parts), &st.Parts); err != nil {
		return nil, fmt.Errorf("parts of a statistic: %w", err)
	}
	return &st, nil
}

func orZero[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// sightingOf reads a tuple: time, then the fields of a sighting in order.
func sightingOf(v []any) (finding.Sighting, error) {
	var at time.Time
	var s finding.Sighting
	var line uint64
	var status int32
	into := []any{
		&at, (*string)(&s.Via), &s.Record, &s.Source, &s.Gateway, &s.File, &line, &s.RequestID,
		&s.Method, &s.Host, &s.Path, &status, &s.UserAgent,
	}
	if len(v) != len(into) {
		return s, fmt.Errorf("sighting of %d fields, want %d", len(v), len(into))
	}
	for i := range into {
		field := reflect.ValueOf(into[i]).Elem()
		got := reflect.ValueOf(v[i])
		if !got.IsValid() || !got.CanConvert(field.Type()) {
			return s, fmt.Errorf("field %d of a sighting is a %T", i, v[i])
		}
		field.Set(got.Convert(field.Type()))
	}
	s.Line, s.Status = int64(line), int64(status)
	return s, nil
}
