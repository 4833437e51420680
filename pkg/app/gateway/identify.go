package gateway

import (
	"strings"
	"sync/atomic"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/identify"
)

// identities tells who is behind a request by the rules in force, which a
// reload replaces.
type identities struct {
	rules atomic.Pointer[identify.Rules]
}

func (i *identities) use(r *identify.Rules) { i.rules.Store(r) }

// fill goes by the headers and the query of a request: it is what adapters take
// to identify requests.
func (i *identities) fill(q *block.Request, uri string, header func(name string) string) {
	rules := i.rules.Load()
	rules.Fill(q, header)
	_, query, _ := strings.Cut(uri, "?")
	rules.FillQuery(q, query)
}
