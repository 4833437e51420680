package store

import (
	"context"
	"time"

	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// RuleHits gives what each rule has found in a period, by the rule's key; one
// that has found nothing is not in it. What analysts discarded does not count.
func (s *Store) RuleHits(ctx context.Context, p wire.Period) (map[string]wire.RuleHits, error) {
	type row struct {
		rule string
		wire.RuleHits
	}
	since, until := bounds(p)
	rows, err := ask(ctx, s, "rule_hits", func(scan scanner, r *row) error {
		var last time.Time
		err := scan(&r.rule, &r.Findings, &r.Sightings, &r.Actors, &last)
		r.LastSeen = &last
		return err
	}, named("since", since), named("until", until))
	if err != nil {
		return nil, err
	}
	hits := make(map[string]wire.RuleHits, len(rows))
	for _, r := range rows {
		hits[r.rule] = r.RuleHits
	}
	return hits, nil
}
