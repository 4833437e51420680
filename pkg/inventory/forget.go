package inventory

import "slices"

// Forget drops the words that names picks, with all that lies below them, and
// the trees of such hosts. It returns how many those were: a word in a path may
// be a person's name. It belongs to the goroutine of Learn.
func (t *Templater) Forget(names func(word string) bool) (dropped int) {
	g := t.grow
	for host, h := range g.trees {
		if host != sharedTree && names(host) {
			nodes, bytes := h.root.size()
			g.nodes, g.bytes = g.nodes-(nodes-1), g.bytes-(bytes-h.root.weight())
			delete(g.trees, host)
			dropped++
			continue
		}
		g.here = h
		g.here.root = g.prune(h.root, names, &dropped)
		g.trees[host] = g.here
	}
	t.publish()
	return dropped
}

// prune gives n, or a copy of it, without the words that names picks.
func (g *growth) prune(n *node, names func(string) bool, dropped *int) *node {
	for _, child := range slices.Clone(n.children) {
		if child.key.kind == word && names(child.key.name) {
			nodes, bytes := child.size()
			g.count(-nodes, -bytes)
			n = g.own(n)
			n.children = slices.DeleteFunc(n.children, func(c *node) bool { return c == child })
			*dropped++
			continue
		}
		if pruned := g.prune(child, names, dropped); pruned != child {
			n = g.own(n)
			n.children[slices.Index(n.children, child)] = pruned
		}
	}
	return n
}
