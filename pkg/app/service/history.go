package service

import (
	"context"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/store"
)

// history answers the front from the store.
type history struct{ *store.Store }

// Preview implements httpapi.History.
func (h history) Preview(ctx context.Context, target []block.Criterion, p wire.Period) (wire.Preview, error) {
	t, err := block.NewTarget(target...)
	if err != nil {
		return wire.Preview{}, err
	}
	return h.Store.Preview(ctx, t, p)
}
