package httplink

import (
	"context"
	"net/http"
	"strconv"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Orders implements the agent's link.
func (l *Link) Orders(ctx context.Context, after uint64) ([]block.RetryOrder, error) {
	var orders []block.RetryOrder
	err := l.call(ctx, http.MethodGet, "/retries?after="+strconv.FormatUint(after, 10), nil, nil, &orders)
	return orders, err
}

// Retried implements the agent's link.
func (l *Link) Retried(ctx context.Context, r block.RetryResult) error {
	return l.post(ctx, "/retries", r)
}
