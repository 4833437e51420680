package nginx

import (
	"bytes"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// FailFile is the name of FailMap's file.
const FailFile = "fail" + mapSuffix

// FailMap is the part of nginx's map $honeymoat_fail_mode that names the routes
// which are refused when nobody can tell whether a request may pass. Routes
// are as blocks have them; what is none is left out.
func FailMap(closed []string) []byte {
	b := bytes.NewBufferString(heading)
	for _, r := range closed {
		t, err := block.NewTarget(block.Criterion{Scope: block.ScopeRoute, Value: r})
		if err != nil {
			continue
		}
		canonical, _ := t.Value(block.ScopeRoute)
		b.WriteString(token("~"+routePattern(canonical)) + " closed;\n")
	}
	return b.Bytes()
}
