package service

import (
	"context"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/store"
)

// history answers the front from the store.
type history struct {
	*store.Store
	hashes store.Hashes
}

// storedHashes gives what may stand in the store for a value of a kind.
func (s *Service) storedHashes(kind, value string) []string {
	return s.masking.keys.Load().All(kind, value)
}

// Preview implements httpapi.History.
func (h history) Preview(ctx context.Context, target []block.Criterion, p wire.Period) (wire.Preview, error) {
	return h.Store.Preview(ctx, target, h.hashes, p)
}
