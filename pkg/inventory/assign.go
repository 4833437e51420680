package inventory

import (
	"bytes"
	"hash/maphash"
	"math/bits"
	"slices"

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
	leaves []*node // by row: where its path ends, as far as that is known
	host   lastHost

	texts []byte // scratch of write
	ends  []uint32
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
	a.leaves = a.leaves[:0]
	a.refresh()
	a.assign(b)
}

// Learn is Templater.Learn, and then Assign: paths that taught nothing new are
// looked up once for both. It belongs to the goroutine of Templater.Learn.
func (a *Assigner) Learn(b *event.Batch) {
	specs := a.templater.specs.Load()
	a.leaves = slices.Grow(a.leaves[:0], b.Rows())[:b.Rows()]
	clear(a.leaves)
	same := a.templater.learn(b, specs, func(row int, at *node) { a.leaves[row] = at })
	a.refresh()
	if !same || a.specs != specs {
		a.leaves = a.leaves[:0]
	}
	a.assign(b)
}

func (a *Assigner) assign(b *event.Batch) {
	a.rows = a.rows[:0]
	given, specified := 0, false
	for row := range b.Rows() {
		var r route
		if len(b.Text(event.Route, row)) == 0 {
			r = a.route(b, row)
			given++
			specified = specified || r.match != nil
		}
		a.rows = append(a.rows, r)
	}
	switch given {
	case 0:
		return
	case b.Rows():
		a.writeAll(b)
	default:
		a.write(b)
	}
	if specified {
		a.fill(b, event.API, func(m *Match) string { return m.API })
		a.fill(b, event.Tags, func(m *Match) string { return m.Tags })
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
	if row < len(a.leaves) && a.leaves[row] != nil {
		return route{outcome: a.leaves[row].whole()}
	}
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

// write sets the routes of some rows: others have theirs already.
func (a *Assigner) write(b *event.Batch) {
	b.MapText(event.Route, func(row int, dst, _ []byte) ([]byte, bool) {
		r := &a.rows[row] // one that stays appends nothing
		return r.append(dst), r.origin() != ""
	})
	b.MapText(event.RouteOrigin, func(row int, dst, _ []byte) ([]byte, bool) {
		origin := a.rows[row].origin()
		return append(dst, origin...), origin != ""
	})
}

// writeAll sets the routes of all rows.
func (a *Assigner) writeAll(b *event.Batch) {
	a.writeColumn(b, event.Route, func(r *route, dst []byte) []byte { return r.append(dst) })
	a.writeColumn(b, event.RouteOrigin, func(r *route, dst []byte) []byte { return append(dst, r.origin()...) })
}

func (a *Assigner) writeColumn(b *event.Batch, f event.TextField, value func(*route, []byte) []byte) {
	a.texts, a.ends = a.texts[:0], a.ends[:0]
	for i := range a.rows {
		a.texts = value(&a.rows[i], a.texts)
		a.ends = append(a.ends, uint32(len(a.texts)))
	}
	b.SetTextColumn(f, a.texts, a.ends)
}

// append appends the route's template.
func (r *route) append(dst []byte) []byte {
	if r.match != nil {
		return append(dst, r.match.Template...)
	}
	return append(append(dst, r.template...), r.tail...)
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
