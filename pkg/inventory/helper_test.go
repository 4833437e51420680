package inventory

import (
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// request is a row of a test batch.
type request struct {
	method, host, path string
	status             int64
}

// served is a request that teaches.
func served(path string) request { return request{"GET", "shop.example.com", path, 200} }

// missed is one that does not.
func missed(path string) request { return request{"GET", "shop.example.com", path, 404} }

func batchOf(requests ...request) *event.Batch {
	b := &event.Batch{Header: event.Header{Source: "edge"}}
	for _, r := range requests {
		b.SetString(event.Method, r.method)
		b.SetString(event.Host, r.host)
		b.SetString(event.Path, r.path)
		b.SetNumber(event.Status, r.status)
		b.EndRow()
	}
	return b
}

// learnPaths teaches a Templater paths that one host served.
func learnPaths(t *Templater, paths ...string) {
	requests := make([]request, len(paths))
	for i, path := range paths {
		requests[i] = served(path)
	}
	t.Learn(batchOf(requests...))
}

// routeOf gives the route of a path that is asked for and not found.
func routeOf(t *Templater, path string) string {
	b := batchOf(missed(path))
	t.NewAssigner().Assign(b)
	return string(b.Text(event.Route, 0))
}

func wantRoutes(t *testing.T, templater *Templater, want map[string]string) {
	t.Helper()
	for path, route := range want {
		if got := routeOf(templater, path); got != route {
			t.Errorf("%s has the route %s, want %s", path, got, route)
		}
	}
}
