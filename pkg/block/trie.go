package block

import (
	"strings"

	"github.com/zeebo/xxh3"
)

// trie tells which of the routes that entries are filed under may be that of a
// path, in as many steps as the path has segments. A node stands for the
// beginning of a route and is known by the hash of the node before it and of
// the segment between, so the whole trie is one table, and a version of a trie
// is a version of that table.
type trie struct{ nodes table[nodeKey, node] }

type nodeKey uint64

func (k nodeKey) hash() uint64 { return uint64(k) }

// node counts the routes that go through it.
type node struct {
	routes int32 // all
	params int32 // that go on with {}
	tails  int32 // that go on with **
	ends   int32 // that end here
}

const (
	paramSegment = "{}"
	tailSegment  = "**"
)

// step is the node after a segment. A segment that a request has may be
// called like one that a template has: what is found is compared in any case.
func (k nodeKey) step(segment string) nodeKey {
	return nodeKey(xxh3.HashStringSeed(segment, uint64(k)))
}

// rootOf is the node before the first segment of routes with a method, or
// with none.
func rootOf(method string) nodeKey { return nodeKey(0).step(method) }

// end is the key of the routes that end at a node.
func (k nodeKey) end() listKey { return listKey(mix(uint64(k))) }

// tail is the key of the routes that end with ** after a node.
func (k nodeKey) tail() listKey { return k.step(tailSegment).end() }

// routeKey is the key of a canonical route.
func routeKey(route string) listKey {
	k, rest := enter(route)
	for more := true; more; {
		var segment string
		segment, rest, more = strings.Cut(rest, "/")
		k = k.step(segment)
	}
	return k.end()
}

// enter gives the root for a canonical route, and its segments. A slash at the
// end makes no other route here: what is found is compared in any case.
func enter(route string) (root nodeKey, segments string) {
	method, path := cutMethod(trimSlash(route))
	return rootOf(method), path[1:]
}

// count counts a canonical route at each of its nodes: 1 when it comes, -1
// when it goes.
func (t *trie) count(route string, by int32, mine bool) {
	k, rest := enter(route)
	for more := true; more; {
		var segment string
		segment, rest, more = strings.Cut(rest, "/")
		change := node{routes: by}
		switch segment {
		case paramSegment:
			change.params = by
		case tailSegment:
			change.tails = by
		}
		t.change(k, change, mine)
		if segment == tailSegment {
			return
		}
		k = k.step(segment)
	}
	t.change(k, node{routes: by, ends: by}, mine)
}

func (t *trie) change(k nodeKey, by node, mine bool) {
	n := node{}
	if old := t.nodes.find(k); old != nil {
		n = *old
	}
	n = node{n.routes + by.routes, n.params + by.params, n.tails + by.tails, n.ends + by.ends}
	if n.routes == 0 {
		t.nodes.drop(k)
	} else {
		t.nodes.put(k, n, mine)
	}
}

// walk follows a request's path, in both forms, and asks for the key of each
// route that may be its own. Of a path only as much is read as routes are long.
func (t *trie) walk(method string, s *spelling, ask *batch) {
	if t.nodes.count == 0 || s.path == "" || s.path[0] != '/' {
		return
	}
	t.follow(method, s.short, ask)
	if s.bare != s.short {
		t.follow(method, s.bare, ask)
	}
}

func (t *trie) follow(method, path string, ask *batch) {
	t.descend(rootOf(""), path[1:], true, ask)
	if method != "" {
		t.descend(rootOf(method), path[1:], true, ask)
	}
}

func (t *trie) descend(k nodeKey, rest string, more bool, ask *batch) {
	n := t.nodes.find(k)
	switch {
	case n == nil:
		return
	case n.tails > 0:
		ask.add(k.tail())
	}
	if !more {
		if n.ends > 0 {
			ask.add(k.end())
		}
		return
	}
	segment, rest, more := strings.Cut(rest, "/")
	if n.params > 0 && segment != "" {
		t.descend(k.step(paramSegment), rest, more, ask)
	}
	if segment != paramSegment {
		t.descend(k.step(segment), rest, more, ask)
	}
}
