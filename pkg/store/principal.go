package store

import (
	"context"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// Principal counts the events of a principal, by its value and its hashes.
func (s *Store) Principal(ctx context.Context, value string, hashes []string) (wire.PrincipalEvents, error) {
	return askOne(ctx, s, "principal", func(scan scanner, p *wire.PrincipalEvents) error {
		var first, last time.Time
		if err := scan(&p.Events, &first, &last, &p.Addresses); err != nil {
			return err
		}
		if p.Events > 0 {
			p.FirstSeen, p.LastSeen = &first, &last
		}
		slices.Sort(p.Addresses)
		return nil
	}, named("values", append(slices.Clone(hashes), value)))
}
