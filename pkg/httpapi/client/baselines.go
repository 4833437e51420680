package client

import (
	"context"

	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// Baselines tells how far it is known what is normal.
func (c *Client) Baselines(ctx context.Context) (wire.Baselines, error) {
	return get[wire.Baselines](ctx, c, "baselines")
}
