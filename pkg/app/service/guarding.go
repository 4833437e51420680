package service

import (
	"context"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/respond"
	"github.com/honeymoat/honeymoat/pkg/traffic"
)

// nameAt is what the agents of a segment call a user, key, token or session.
func (s *Service) nameAt(segment string, a finding.Actor) string {
	keys := s.matchKeys(segment)
	if len(keys) == 0 || a.Value == "" {
		return ""
	}
	return keys[0].Hash(block.Scope(a.Kind), a.Value)
}

// lastDay gives the guard what was counted in memory.
type lastDay struct{ counts *traffic.Counts }

// Of implements respond.Traffic.
func (d lastDay) Of(t block.Target, now time.Time) (respond.Day, bool) {
	day := d.counts.Of(t, now)
	return respond.Day{Requests: day.Requests, Successful: day.Successful, Principals: day.Principals}, day.Known
}

// storePreview gives the guard what is in the store.
type storePreview struct{ *Service }

// Preview implements respond.Preview.
func (p storePreview) Preview(ctx context.Context, criteria []block.Criterion, since, until time.Time) (respond.Day, error) {
	v, err := p.store.Preview(ctx, criteria, p.storedHashes, wire.Period{Since: since, Until: until})
	return respond.Day{Requests: uint64(v.Requests), Successful: uint64(v.Successful), Principals: int(v.Principals)}, err
}
