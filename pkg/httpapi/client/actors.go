package client

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// ActorLinks tells with whom an actor was seen, and who else was; a zero time
// leaves the beginning to the service.
func (c *Client) ActorLinks(ctx context.Context, a finding.Actor, since time.Time) (wire.ActorLinks, error) {
	var v wire.ActorLinks
	err := c.ask(ctx, request{method: http.MethodGet, path: []string{"actors", string(a.Kind), a.Value, "links"}, query: filled("since", moment(since))}, &v)
	return v, err
}

// SimilarActors tells who behaves like an actor, the most alike first; a zero
// time leaves the beginning to the service.
func (c *Client) SimilarActors(ctx context.Context, a finding.Actor, since time.Time, limit int) (wire.SimilarActors, error) {
	var v wire.SimilarActors
	query := filled("since", moment(since), "limit", strconv.Itoa(limit))
	err := c.ask(ctx, request{method: http.MethodGet, path: []string{"actors", string(a.Kind), a.Value, "similar"}, query: query}, &v)
	return v, err
}

// moment is a time as the API reads it; empty for none.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
