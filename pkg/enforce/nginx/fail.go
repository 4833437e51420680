package nginx

import (
	"bytes"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// FailFile is the name of FailMap's file.
const FailFile = "fail" + mapSuffix

// FailRoute says what becomes of a route's requests when nobody can tell
// whether they may pass.
type FailRoute struct {
	Route  string // as blocks have them
	Closed bool   // they are refused
}

// FailMap is the lines of nginx's map $honeymoat_fail_mode. The first route
// that fits decides; what is no route is left out. An open one is read as an
// exemption is, a closed one as a block.
func FailMap(routes []FailRoute) []byte {
	b := bytes.NewBufferString(heading)
	for _, r := range routes {
		t, err := block.NewTarget(block.Criterion{Scope: block.ScopeRoute, Value: r.Route})
		if err != nil {
			continue
		}
		mode := "open"
		if r.Closed {
			mode = "closed"
		}
		canonical, _ := t.Value(block.ScopeRoute)
		b.WriteString(token("~"+routePattern(canonical, !r.Closed)) + " " + mode + ";\n")
	}
	return b.Bytes()
}
