package client

import (
	"context"
	"net/http"

	"github.com/honeymoat/honeymoat/pkg/erase"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// FindPrincipal finds a principal by its value in the clear.
func (c *Client) FindPrincipal(ctx context.Context, r wire.PrincipalRequest) (wire.Principal, error) {
	var p wire.Principal
	err := c.ask(ctx, request{method: http.MethodPost, path: []string{"principals", "find"}, body: r}, &p)
	return p, err
}

// Erase removes a data subject, and gives the proof.
func (c *Client) Erase(ctx context.Context, r wire.ErasureRequest) (erase.Report, error) {
	var report erase.Report
	err := c.ask(ctx, request{method: http.MethodPost, path: []string{"erasures"}, body: r}, &report)
	return report, err
}
