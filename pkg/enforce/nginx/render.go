package nginx

import (
	"bytes"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/enforce/mirror"
)

// Bounds on what the files hold. What is over them is left to the request
// path: nginx tries patterns one after the other, and reads all of it anew at
// each reload.
const maxPatterns = 2000 // a scope

// addressFile is a whole geo block: nginx's geo, other than its map, has no
// way to include a file that need not be there. Each other scope has a file of
// a map's lines.
const (
	addressFile = "address.geo"
	geoHead     = "geo $honeymoat_by_address {\ndefault \"\";\n"
	mapSuffix   = ".map"
)

// heading is the first line of each file.
const heading = "# Written by honeymoat-agent. Changes are lost.\n"

// rendering is the content of the files, by name, and how much did not fit.
type rendering struct {
	files   map[string][]byte
	entries int
	over    int
}

// render writes the files of what is held, at most max addresses.
func (h holds) render(all []mirror.Entry, max int) rendering {
	r := rendering{files: map[string][]byte{}}
	by := map[block.Scope][]held{}
	for i := range all {
		c, ok := h.criterion(all[i].Target)
		switch {
		case !ok:
		case isAddress(c.Scope):
			by[block.ScopeAddress] = append(by[block.ScopeAddress], held{all[i].Target.Prefix(), &all[i]})
		default:
			by[c.Scope] = append(by[c.Scope], held{entry: &all[i]})
		}
	}
	r.addresses(by[block.ScopeAddress], max)
	for _, s := range h.scopes {
		if !isAddress(s) {
			r.patterns(h, s, by[s])
		}
	}
	return r
}

func (r *rendering) addresses(all []held, max int) {
	all = r.bound(all, max)
	b := bytes.NewBufferString(heading + geoHead)
	for _, e := range flatten(all) {
		b.WriteString(e.prefix.String() + " " + token(value(e.entry)) + ";\n")
		r.entries++
	}
	b.WriteString("}\n")
	r.files[addressFile] = b.Bytes()
}

// patterns writes a scope's map, the strongest first: nginx takes the first
// that matches.
func (r *rendering) patterns(h holds, s block.Scope, all []held) {
	all = r.bound(all, maxPatterns)
	slices.SortStableFunc(all, func(a, b held) int { return compareStrength(b.entry, a.entry) })
	b := bytes.NewBufferString(heading)
	for _, e := range all {
		c, _ := h.criterion(e.entry.Target)
		pattern := exactly(s, c.Value)
		if s == block.ScopeRoute {
			pattern = routePattern(c.Value, e.entry.Action == block.Allow)
		}
		b.WriteString(token("~"+pattern) + " " + token(value(e.entry)) + ";\n")
		r.entries++
	}
	r.files[string(s)+mapSuffix] = b.Bytes()
}

// bound leaves out what is too much: exemptions never, then what ends first.
func (r *rendering) bound(all []held, max int) []held {
	if len(all) <= max {
		return all
	}
	slices.SortFunc(all, func(a, b held) int {
		switch {
		case (a.entry.Action == block.Allow) != (b.entry.Action == block.Allow):
			return compareStrength(b.entry, a.entry)
		case a.entry.Until > b.entry.Until:
			return -1
		case a.entry.Until < b.entry.Until:
			return 1
		default:
			return 0
		}
	})
	for max < len(all) && all[max].entry.Action == block.Allow {
		max++
	}
	r.over += len(all) - max
	return all[:max]
}
