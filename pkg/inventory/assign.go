package inventory

import (
	"bytes"
	"hash/maphash"
	"math/bits"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// Where a route came from, as event.RouteOrigin says it. A gateway's own is
// set by its parser.
const (
	OriginGateway  = "gateway"
	OriginSpec     = "spec"
	OriginInferred = "inferred"
)

// NoRoute is the route of a record without a path, such as one of a request
// line that no gateway could read.
const NoRoute = "{unknown}"

// Assigner writes routes into batches. It belongs to one goroutine, and any
// number may be made from one Templater. It keeps about 600 kB of memory.
type Assigner struct {
	templater *Templater
	forest    *forest
	specs     *Specs
	epoch     uint64 // of forest and specs: what is remembered of others is void

	seed   maphash.Seed
	memory []remembered
	rows   []route
	host   lastHost
}

// memorySlots is a power of two.
const memorySlots = 4096

// remembered is the route of a request seen before. Requests are told apart
// by 64 bits under a secret seed.
type remembered struct {
	sum   uint64
	epoch uint64
	route route
}

// route is what is written for a row. A spec's has a match, others do not; one
// with neither match nor template leaves the row as it is.
type route struct {
	outcome
	match *Match
}

// lastHost saves the work of finding the tree of the same host again.
type lastHost struct {
	name  []byte
	tree  []byte
	root  *node
	sum   uint64
	valid bool
}

// NewAssigner makes an Assigner.
func (t *Templater) NewAssigner() *Assigner {
	return &Assigner{templater: t, seed: maphash.MakeSeed(), memory: make([]remembered, memorySlots)}
}

// Assign sets Route, RouteOrigin, API and Tags of all rows without a route.
// An API or tags that a row has already stay. No row may be open.
func (a *Assigner) Assign(b *event.Batch) {
	a.refresh()
	a.rows = a.rows[:0]
	lacking, specified := false, false
	for row := range b.Rows() {
		var r route
		if len(b.Text(event.Route, row)) == 0 {
			r = a.route(b, row)
			lacking = true
			specified = specified || r.match != nil
		}
		a.rows = append(a.rows, r)
	}
	if lacking {
		a.write(b, specified)
	}
}

// refresh looks whether documents or trees were replaced.
func (a *Assigner) refresh() {
	a.host.valid = false
	forest, specs := a.templater.forest.Load(), a.templater.specs.Load()
	if forest != a.forest || specs != a.specs {
		a.forest, a.specs = forest, specs
		a.epoch++
	}
}

func (a *Assigner) route(b *event.Batch, row int) route {
	path := b.Text(event.Path, row)
	if !isPath(path) {
		return route{outcome: outcome{template: NoRoute}}
	}
	host := b.Text(event.Host, row)
	a.enter(b, host)
	sum := maphash.Bytes(a.seed, path) ^ a.host.sum
	method := b.Text(event.Method, row)
	if !a.specs.Empty() {
		sum ^= bits.RotateLeft64(maphash.Bytes(a.seed, method), 21)
	}
	slot := &a.memory[sum%memorySlots]
	if slot.sum != sum || slot.epoch != a.epoch {
		*slot = remembered{sum: sum, epoch: a.epoch, route: a.find(method, host, path)}
	}
	return slot.route
}

// enter finds the tree of a host unless it is that of the row before.
func (a *Assigner) enter(b *event.Batch, host []byte) {
	h := &a.host
	if h.valid && bytes.Equal(h.name, host) {
		return
	}
	h.name = append(h.name[:0], host...)
	h.tree = appendTree(h.tree[:0], b, host)
	h.root = a.forest.root(h.tree)
	h.sum = bits.RotateLeft64(maphash.Bytes(a.seed, host), 42)
	if len(host) == 0 {
		h.sum = maphash.Bytes(a.seed, h.tree) // it is told by the source
	}
	h.valid = true
}

func (a *Assigner) find(method, host, path []byte) route {
	if m, ok := a.specs.Match(method, host, path); ok {
		return route{match: m}
	}
	return route{outcome: a.host.root.follow(path)}
}

func (a *Assigner) write(b *event.Batch, specified bool) {
	b.MapText(event.Route, func(row int, dst, _ []byte) ([]byte, bool) {
		r := &a.rows[row]
		if r.match != nil {
			return append(dst, r.match.Template...), true
		}
		return append(append(dst, r.template...), r.tail...), r.template != "" || r.tail != ""
	})
	b.MapText(event.RouteOrigin, func(row int, dst, _ []byte) ([]byte, bool) {
		origin := a.rows[row].origin()
		return append(dst, origin...), origin != ""
	})
	if specified {
		a.fill(b, event.API, func(m *Match) string { return m.API })
		a.fill(b, event.Tags, func(m *Match) string { return m.Tags })
	}
}

func (r *route) origin() string {
	switch {
	case r.match != nil:
		return OriginSpec
	case r.template != "" || r.tail != "":
		return OriginInferred
	}
	return ""
}

// fill writes what a spec says into the rows that say nothing.
func (a *Assigner) fill(b *event.Batch, f event.TextField, of func(*Match) string) {
	b.MapText(f, func(row int, dst, v []byte) ([]byte, bool) {
		m := a.rows[row].match
		if m == nil || len(v) > 0 {
			return dst, false
		}
		return append(dst, of(m)...), true
	})
}
