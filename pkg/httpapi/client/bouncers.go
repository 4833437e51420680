package client

import (
	"context"
	"iter"

	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// Bouncers yields CrowdSec's bouncers that have asked for blocks of late, by
// name.
func (c *Client) Bouncers(ctx context.Context) iter.Seq2[wire.Bouncer, error] {
	return all[wire.Bouncer](ctx, c, "bouncers", nil)
}
