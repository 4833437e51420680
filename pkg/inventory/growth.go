package inventory

import (
	"bytes"
	"math"
	"slices"
	"sync/atomic"
)

const (
	maxDepth    = 12  // segments of a path that the tree keeps
	maxTemplate = 256 // bytes of a template before positions become variable
)

// tree is what belongs to one host.
type tree struct {
	root  *node
	nodes int // without the root
}

// growth is the learning side of the trees. One goroutine uses it.
type growth struct {
	limits limits
	trees  map[string]tree
	here   tree   // the one that grows
	name   []byte // its host
	known  bool   // it is that of the name
	leaf   *node  // where the path that was learned last ends
	nodes  int
	bytes  int
	edit   uint64
	dirty  bool // something that readers see has changed since it was published

	refused *refusals
}

// refusals count what was not learnt for want of room.
type refusals struct{ nodes, hosts atomic.Uint64 }

func newGrowth(l limits, r *refusals) *growth {
	return &growth{limits: l, refused: r, trees: map[string]tree{sharedTree: {root: &node{}}}, edit: 1}
}

// begin forgets which tree grew last: it may have been replaced since.
func (g *growth) begin() { g.known = false }

// learn takes up a path that a host served, and gives the node where it ends;
// nil when the tree does not go so far.
func (g *growth) learn(host, path []byte) *node {
	g.enter(host)
	t := g.here
	g.leaf = nil
	if g.here.root = g.extend(t.root, path, 0); g.here != t {
		g.dirty = true
		g.trees[string(g.name)] = g.here
	}
	return g.leaf
}

// enter finds the tree of a host, unless it is the one that grew last.
func (g *growth) enter(host []byte) {
	if g.known && bytes.Equal(g.name, host) {
		return
	}
	t, ok := g.trees[string(host)]
	if !ok {
		host, t = g.admit(host)
	}
	g.name, g.here, g.known = append(g.name[:0], host...), t, ok
}

// admit gives a new host a tree while there is room, else the shared one.
func (g *growth) admit(host []byte) ([]byte, tree) {
	if len(g.trees) > g.limits.hosts {
		g.refused.hosts.Add(1)
		return nil, g.trees[sharedTree]
	}
	return host, tree{root: &node{edit: g.edit}}
}

// extend makes a path known below n and returns n, or the copy of it that
// holds what is new.
func (g *growth) extend(n *node, path []byte, depth int) *node {
	seg, rest := cutSegment(path)
	if len(seg) == 0 {
		g.leaf = n
		return n
	}
	if depth == maxDepth {
		return n
	}
	f := formOf(seg, n.key)
	at, found, ok := n.locate(f)
	if !ok {
		if n.closed {
			g.refused.nodes.Add(1)
			return n
		}
		if n, at = g.grow(n, found); at < 0 {
			return n
		}
	}
	child := n.children[at]
	hit(child, 1)
	if grown := g.extend(child, rest, depth+1); grown != child {
		n = g.own(n)
		n.children[at] = grown
	}
	return n
}

// grow adds a child, and makes its class variable where it was one too many.
// It returns where what the child stands for is now, or -1 if nothing may grow.
func (g *growth) grow(n *node, f form) (*node, int) {
	k := key{f.kind, f.class, string(f.name)}
	template := n.template + "/" + k.piece()
	if len(template) > maxTemplate {
		g.refused.nodes.Add(1)
		return n, -1
	}
	n = g.own(n)
	if g.nodes >= g.limits.nodes || g.here.nodes >= g.limits.hostNodes {
		g.refused.nodes.Add(1)
		n.closed = true
		return n, -1
	}
	at := g.plant(n, k)
	if f.kind == word {
		g.judge(n, f.class)
		at, _, _ = n.locate(f)
	}
	return n, at
}

// plant puts a new child below a node of our own.
func (g *growth) plant(n *node, k key) int {
	at, _ := n.find(form{k.kind, k.class, []byte(k.name)})
	child := &node{key: k, template: n.template + "/" + k.piece(), edit: g.edit}
	n.insert(at, child)
	g.count(1, child.weight())
	return at
}

func (g *growth) count(nodes, bytes int) {
	g.here.nodes += nodes
	g.nodes += nodes
	g.bytes += bytes
}

// own gives a copy of a node that no reader sees.
func (g *growth) own(n *node) *node {
	if n.edit == g.edit {
		return n
	}
	c := *n
	c.edit = g.edit
	c.children = slices.Clone(n.children)
	return &c
}

// hit counts and stops at the highest count.
func hit(n *node, times uint32) {
	n.hits += min(times, math.MaxUint32-n.hits)
}
