package identify

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// API says which requests belong to an api.
type API struct {
	Name   string
	Host   string // in any case, without a port; "" = all hosts
	Prefix string // of the path, whole segments; "" or "/" = all paths
}

// APIs finds the api of a request. It is immutable and safe for concurrent
// use; nil knows none.
type APIs struct{ list []API } // the first that fits is the one

// NewAPIs makes a table. Of several that fit, one with a host stands before
// one without, then the longer prefix.
func NewAPIs(list []API) (*APIs, error) {
	table := &APIs{slices.Clone(list)}
	for i := range table.list {
		a := &table.list[i]
		if a.Name == "" {
			return nil, errors.New("identify api: want a name")
		}
		if a.Prefix != "" && a.Prefix[0] != '/' {
			return nil, fmt.Errorf("identify api %s: prefix %q: want a path such as /v1", a.Name, a.Prefix)
		}
		a.Prefix = strings.TrimRight(a.Prefix, "/")
	}
	slices.SortStableFunc(table.list, func(a, b API) int {
		return cmp.Or(-cmp.Compare(min(len(a.Host), 1), min(len(b.Host), 1)), -cmp.Compare(len(a.Prefix), len(b.Prefix)))
	})
	return table, nil
}

// Of gives the name of the api that a request belongs to, "" if none. The
// path is a clean one: see decoy.AppendClean. It does not allocate.
func (t *APIs) Of(host, path string) string {
	if t == nil || len(t.list) == 0 {
		return ""
	}
	host = strings.TrimSuffix(withoutPort(host), ".") // the root, which names the same host
	for i := range t.list {
		if a := &t.list[i]; (a.Host == "" || strings.EqualFold(a.Host, host)) && a.holds(path) {
			return a.Name
		}
	}
	return ""
}

func (a *API) holds(path string) bool {
	rest, ok := strings.CutPrefix(path, a.Prefix)
	return ok && (rest == "" || rest[0] == '/')
}

func withoutPort(host string) string {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		return host[:i]
	}
	return host
}
