package inventory

// Words that carried 1/busyShare of the requests of their class, and at least
// busyHits, stay when it becomes variable.
const (
	busyShare = 16
	busyHits  = 32
)

// judge makes a class variable when it has more words than the limit.
func (g *growth) judge(n *node, c class) {
	if c != fixed && !n.isVariable(c) && n.words(c) > g.limits.distinct {
		total := uint64(0)
		for _, child := range n.children {
			if child.key.isWord(c) {
				total += uint64(child.hits)
			}
		}
		g.generalise(n, c, max(busyHits, total/busyShare))
	}
}

// generalise makes a class variable: its words with fewer hits than enough
// become one child. The node must be our own.
func (g *growth) generalise(n *node, c class, enough uint64) {
	n.variable |= 1 << c
	var gone []*node
	stay := n.children[:0]
	for _, child := range n.children {
		if child.key.isWord(c) && uint64(child.hits) < enough {
			nodes, bytes := child.size()
			g.count(-nodes, -bytes)
			gone = append(gone, child)
		} else {
			stay = append(stay, child)
		}
	}
	clear(n.children[len(stay):])
	n.children = stay
	for _, child := range gone {
		g.graft(n, c.variable(), child)
	}
}

// graft merges a node into the child with a key, which is made if need be.
func (g *growth) graft(n *node, k key, from *node) {
	at, ok := n.find(form{k.kind, k.class, []byte(k.name)})
	if !ok {
		at = g.plant(n, k)
	}
	child := g.own(n.children[at])
	n.children[at] = child
	g.merge(child, from)
}

// merge adds what lies below from to what lies below to, which is our own.
// What was variable in either is variable in both, and keeps none of the words
// that were busy in one of them: in the other they stood for the parameter.
func (g *growth) merge(to, from *node) {
	hit(to, from.hits)
	to.closed = to.closed || from.closed
	for c := range class(64) {
		if from.isVariable(c) {
			g.generalise(to, c, never)
		}
	}
	for _, child := range from.children {
		_, f, _ := to.locate(form{child.key.kind, child.key.class, []byte(child.key.name)})
		g.graft(to, key{f.kind, f.class, string(f.name)}, child)
		if f.kind == word {
			g.judge(to, f.class)
		}
	}
}

const never = 1 << 62 // more hits than there can be
