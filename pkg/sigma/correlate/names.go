package correlate

import "strings"

// names are the files of the records that are remembered, each once.
type names map[string]*string

// maxNames bounds the table. What is remembered keeps its names when the table
// is begun anew.
const maxNames = 4096

func (n names) intern(name string) *string {
	if p, ok := n[name]; ok {
		return p
	}
	if len(n) >= maxNames {
		clear(n)
	}
	own := strings.Clone(name)
	n[own] = &own
	return &own
}
