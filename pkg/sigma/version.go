package sigma

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
)

// versionFormat is part of every version, so that what is found anew after a
// change of the language itself is told apart.
const versionFormat = 1

// version gives everything in the collection its version. Correlations come
// behind what they refer to.
func (p *parsing) version() {
	for _, r := range p.collection.Rules {
		r.Version = r.hash(logs(r.LogSource), essence(r.Condition))
	}
	for _, f := range p.collection.Filters {
		f.Version = f.hash(logs(f.LogSource), essence(f.Condition))
	}
	for _, c := range p.collection.Correlations {
		c.versioned()
	}
}

// versioned gives a correlation its version, and those before it that it
// refers to.
func (c *Correlation) versioned() string {
	if c.Version != "" {
		return c.Version
	}
	members := []any{}
	for _, m := range c.Members {
		members = append(members, m.essence())
	}
	bounds := []any{}
	for _, b := range c.Bounds {
		bounds = append(bounds, []any{b.Op, b.Value})
	}
	c.Version = c.hash(c.Type, members, c.GroupBy, c.Timespan, c.Fields, bounds, c.Percentile, c.Generate)
	return c.Version
}

func (m *Member) essence() any {
	aliases := []any{}
	for _, name := range slices.Sorted(maps.Keys(m.Aliases)) {
		aliases = append(aliases, []string{name, m.Aliases[name]})
	}
	if m.Correlation != nil {
		return []any{m.Correlation.versioned(), aliases}
	}
	return []any{logs(m.Rule.LogSource), essence(m.Rule.Condition), aliases}
}

// hash makes a version of what is found, and of what is done about it.
func (m *Meta) hash(found ...any) string {
	h := sha256.New()
	// What is written has no cycles and no numbers that JSON lacks, so that it
	// cannot fail.
	_ = json.NewEncoder(h).Encode([]any{versionFormat, found, m.Family(), m.Tier(), m.Honeymoat.Actor, m.Honeymoat.Block})
	return hex.EncodeToString(h.Sum(nil)[:6])
}

func logs(l LogSource) any { return []string{l.Category, l.Product, l.Service} }

// essence is what counts of a condition: not where it stands, how its
// searches are named, or in what words it was written.
func essence(n Node) any {
	switch n := n.(type) {
	case And:
		return append([]any{"and"}, essences(n)...)
	case Or:
		return append([]any{"or"}, essences(n)...)
	case Not:
		return []any{"not", essence(n.Node)}
	case *Search:
		return essence(n.Node)
	case *Item:
		return n.essence()
	}
	return nil
}

func essences(nodes []Node) []any {
	all := make([]any, len(nodes))
	for i, n := range nodes {
		all[i] = essence(n)
	}
	return all
}

func (i *Item) essence() any {
	values := make([]any, len(i.Values))
	for k, v := range i.Values {
		v.Written = ""
		values[k] = []any{
			v.Kind, []byte(v.Pattern.String()), v.Number, v.Bool, v.Regexp, v.Prefix.String(), v.Field, v.AnyBefore, v.AnyAfter,
		}
	}
	return []any{i.Field, i.Op, i.Part, i.All, i.Not, i.Cased, values}
}
