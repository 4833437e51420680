package inventory

import "slices"

// node is a position in the tree of a host. A node that readers can see is
// never changed, hits excepted, which they do not read: growth copies it first.
type node struct {
	key      key
	template string  // of the path that ends here; empty at the root
	children []*node // sorted by key
	variable uint64  // bit set of the classes that are variable below this node
	closed   bool    // nothing new may grow below this node
	hits     uint32  // requests at or below this node, for growth alone
	edit     uint64  // the edit that made this copy
}

func (n *node) find(f form) (at int, ok bool) {
	low, high := 0, len(n.children)
	for low < high {
		mid := int(uint(low+high) >> 1)
		switch c := n.children[mid].key.compare(f); {
		case c == 0:
			return mid, true
		case c < 0:
			low = mid + 1
		default:
			high = mid
		}
	}
	return low, false
}

// locate finds the child that a segment leads to: a word that is known, else
// what words of its class have become. The form is that of the child which is
// there, or would be.
func (n *node) locate(f form) (at int, found form, ok bool) {
	if at, ok = n.find(f); ok || f.kind != word || !n.isVariable(f.class) {
		return at, f, ok
	}
	k := f.class.variable()
	f = form{kind: k.kind, class: k.class}
	at, ok = n.find(f)
	return at, f, ok
}

func (n *node) isVariable(c class) bool { return n.variable&(1<<c) != 0 }

// words counts the children that are words of a class.
func (n *node) words(c class) int {
	count := 0
	for _, child := range n.children {
		if child.key.isWord(c) {
			count++
		}
	}
	return count
}

func (k key) isWord(c class) bool { return k.kind == word && k.class == c }

// size counts the nodes of a subtree and the bytes of their texts.
func (n *node) size() (nodes, bytes int) {
	nodes, bytes = 1, n.weight()
	for _, child := range n.children {
		m, b := child.size()
		nodes, bytes = nodes+m, bytes+b
	}
	return nodes, bytes
}

// weight is about what a node takes in memory.
func (n *node) weight() int { return nodeBytes + len(n.template) + len(n.key.name) }

// nodeBytes is a node and its place among its parent's children, the room that
// append leaves there included.
const nodeBytes = 136

func (n *node) insert(at int, child *node) {
	n.children = slices.Insert(n.children, at, child)
}

// outcome is a template in two parts, so that they need not be put together
// before they are written. It points into the tree.
type outcome struct{ template, tail string }

// follow gives the template of a path.
func (n *node) follow(path []byte) outcome {
	for depth := 0; ; depth++ {
		seg, rest := cutSegment(path)
		switch {
		case len(seg) == 0:
			return n.whole()
		case depth == maxDepth:
			return outcome{n.template, otherTail}
		}
		at, f, ok := n.locate(formOf(seg, n.key))
		if !ok {
			return outcome{n.template, n.tail(f, rest)}
		}
		n, path = n.children[at], rest
	}
}

func (n *node) whole() outcome {
	if n.template == "" {
		return outcome{"/", ""}
	}
	return outcome{n.template, ""}
}

// tail is what a path has where it leaves the tree.
func (n *node) tail(f form, rest []byte) string {
	if f.kind == word && n.closed {
		return otherTail
	}
	if seg, _ := cutSegment(rest); len(seg) > 0 {
		return innerTails[f.kind]
	}
	return lastTails[f.kind]
}
