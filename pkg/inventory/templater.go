package inventory

import (
	"sync/atomic"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// Options bound what is inferred. Zero values mean the defaults.
type Options struct {
	// Distinct is how many words of one class a position may have before it
	// is variable; 0 means 50.
	Distinct int
	// MaxNodes bounds the positions of all trees together; 0 means 100,000,
	// which take 50 MB at the very most and less than 20 MB with usual paths.
	MaxNodes int
	// MaxHostNodes bounds those of one host; 0 means a quarter of MaxNodes.
	MaxHostNodes int
	// MaxHosts bounds the hosts with a tree of their own; 0 means 1,000.
	MaxHosts int
}

type limits struct{ distinct, nodes, hostNodes, hosts int }

func (o Options) limits() limits {
	l := limits{o.Distinct, o.MaxNodes, o.MaxHostNodes, o.MaxHosts}
	orDefault(&l.distinct, 50)
	orDefault(&l.nodes, 100_000)
	orDefault(&l.hostNodes, max(1, l.nodes/4))
	orDefault(&l.hosts, 1000)
	return l
}

func orDefault(v *int, standard int) {
	if *v <= 0 {
		*v = standard
	}
}

// Templater infers route templates. Learn, Snapshot and Restore belong to one
// goroutine; the other methods may be called by any at the same time, and so
// may the Assigners made from it.
//
// Two consumers of one stream may share a Templater, of which one learns: what
// the other reads before that one has got there is {unknown}. Where that
// matters, give each its own, and let it learn a batch before it assigns it:
// the same stream makes the same trees. [Assigner.Learn] does both.
type Templater struct {
	specs   atomic.Pointer[Specs]
	forest  atomic.Pointer[forest]
	refused refusals
	grow    *growth
	host    []byte // scratch of Learn
}

// forest is what readers see. It is never changed.
type forest struct {
	roots map[string]*node
	stats Stats // without what was refused
}

// Stats are the sizes of a Templater and what it refused, for metrics.
type Stats struct {
	Hosts int // trees, the shared one included
	Nodes int
	Bytes int // memory of the trees, about
	// RefusedNodes counts requests that taught nothing because the trees were
	// full; their templates end in {other}. RefusedHosts counts those whose
	// host had to share a tree. Both begin at zero with each start.
	RefusedNodes, RefusedHosts uint64
}

// New makes a Templater that knows nothing.
func New(o Options) *Templater {
	t := &Templater{}
	t.grow = newGrowth(o.limits(), &t.refused)
	t.UseSpecs(nil)
	t.publish()
	return t
}

// UseSpecs replaces the documents whose routes come before inferred ones; nil
// takes them away.
func (t *Templater) UseSpecs(s *Specs) {
	if s == nil {
		s = NewSpecs()
	}
	t.specs.Store(s)
}

// Stats tells the sizes as of the last Learn or Restore.
func (t *Templater) Stats() Stats {
	s := t.forest.Load().stats
	s.RefusedNodes, s.RefusedHosts = t.refused.nodes.Load(), t.refused.hosts.Load()
	return s
}

// Learn takes up the paths of a batch that the application served, those left
// out which have a route from their gateway or from a document. Batches come
// in the order of the stream. The batch may have been assigned routes before.
func (t *Templater) Learn(b *event.Batch) { t.learn(b, t.specs.Load(), func(int, *node) {}) }

// learn tells where the path of each row that taught something ends, unless
// the trees leave it before. It returns whether they are as they were, so that
// readers see these nodes.
func (t *Templater) learn(b *event.Batch, specs *Specs, ends func(row int, at *node)) (same bool) {
	if b.Kind == event.Decoy {
		return true
	}
	t.grow.begin()
	for row := range b.Rows() {
		if teaches(b, row) && !named(b, row, specs) {
			t.host = appendTree(t.host[:0], b, b.Text(event.Host, row))
			if leaf := t.grow.learn(t.host, b.Text(event.Path, row)); leaf != nil {
				ends(row, leaf)
			}
		}
	}
	if !t.grow.dirty {
		return true
	}
	t.publish()
	return false
}

// publish lets readers see what has grown.
func (t *Templater) publish() {
	g := t.grow
	f := &forest{
		roots: make(map[string]*node, len(g.trees)),
		stats: Stats{Hosts: len(g.trees), Nodes: g.nodes, Bytes: g.bytes},
	}
	for host, tree := range g.trees {
		f.roots[host] = tree.root
	}
	t.forest.Store(f)
	g.edit++
	g.dirty = false
}

func (f *forest) root(host []byte) *node {
	if n, ok := f.roots[string(host)]; ok {
		return n
	}
	return f.roots[sharedTree]
}

// teaches tells whether an answer shows that the application serves the path.
// A redirect for good does not: whole sites are redirected, to https and the
// like, whatever is asked for.
func teaches(b *event.Batch, row int) bool {
	status := b.Number(event.Status, row)
	served := 100 <= status && status < 400 && status != 301 && status != 308
	return served && len(b.Text(event.DecisionAction, row)) == 0 &&
		string(b.Text(event.Method, row)) != "OPTIONS" && isPath(b.Text(event.Path, row))
}

func isPath(path []byte) bool { return len(path) > 0 && path[0] == '/' }

// named tells whether a route is known without the tree.
func named(b *event.Batch, row int, specs *Specs) bool {
	if len(b.Text(event.Route, row)) > 0 {
		return string(b.Text(event.RouteOrigin, row)) != OriginInferred
	}
	if specs.Empty() {
		return false
	}
	_, ok := specs.Match(b.Text(event.Method, row), b.Text(event.Host, row), b.Text(event.Path, row))
	return ok
}
