package accesslog

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// node is one step of the pointers of a mapping.
type node struct {
	key  string
	goal goal
	mark uint32 // bits that tell that the record has this value
	slot uint8  // of goals that several values compete for, 1-based
	rank uint8  // among them, the lowest is preferred
	keep uint8  // where to keep the text of the value, 1-based

	number   int // the key as an index of an array, or -1
	children []*node
	heads    *[64]uint8 // by spread of the key: the first child, 1-based; nil without children
	next     uint8      // the child after it in the same place
}

// tree is a compiled mapping.
type tree struct {
	root  *node
	slots int    // of values that compete
	marks uint32 // that a record must have
}

// The marks with a meaning of their own; those below are the groups of a
// dialect's marks.
const (
	agentMark  uint32 = 1 << 31 // the record can tell the user agent
	methodMark uint32 = 1 << 30 // and the method
	maxMarks          = 30
)

// compile checks the places of a mapping and makes the tree of their pointers.
func compile(places []place, d jsonDialect) (*tree, error) {
	t := &tree{root: &node{number: -1}}
	known := goals()
	for _, all := range competing(places) {
		for rank, p := range all {
			g, err := goalNamed(known, p.name, p.unit)
			if err != nil {
				return nil, fmt.Errorf("mapping of %q: %w", p.name, err)
			}
			n, err := t.place(p, g)
			if err != nil {
				return nil, fmt.Errorf("mapping of %s: %w", p.name, err)
			}
			if len(all) > 1 || p.name == uriKey {
				n.slot, n.rank = uint8(t.slots+1), uint8(rank)
			}
		}
		if len(all) > 1 || all[0].name == uriKey {
			t.slots++
		}
	}
	if err := t.dialect(d); err != nil {
		return nil, err
	}
	t.root.index()
	return t, nil
}

// competing gathers the places of each name. A URL comes last, whatever its
// place in a record is: it may name the host, and needs the method.
func competing(places []place) [][]place {
	var groups [][]place
	at := map[string]int{}
	for _, p := range places {
		i, ok := at[p.name]
		if !ok {
			i = len(groups)
			at[p.name] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], p)
	}
	slices.SortStableFunc(groups, func(a, b []place) int {
		return cmp.Compare(late(a[0]), late(b[0]))
	})
	return groups
}

func late(p place) int {
	if p.name == uriKey {
		return 1
	}
	return 0
}

// place adds the node of a place.
func (t *tree) place(p place, g goal) (*node, error) {
	n, err := t.at(p.path)
	switch {
	case err != nil:
		return nil, err
	case n.goal.role != nothing:
		return nil, fmt.Errorf("pointer %q: another field is mapped to it", p.path)
	}
	n.goal = g
	switch p.name {
	case event.UserAgent.String():
		n.mark |= agentMark
	case event.Method.String(), requestKey:
		n.mark |= methodMark
	}
	return n, nil
}

// dialect adds the nodes of a dialect that are no fields.
func (t *tree) dialect(d jsonDialect) error {
	for i, group := range d.marks {
		for _, pointer := range group {
			n, err := t.at(pointer)
			if err != nil {
				return err
			}
			n.mark |= 1 << i
			t.marks |= 1 << i
		}
	}
	if len(d.marks) > maxMarks {
		return errors.New("too many marks")
	}
	for i, pointer := range d.keep {
		n, err := t.at(pointer)
		if err != nil {
			return err
		}
		n.keep = uint8(i + 1)
	}
	if d.headers != "" {
		n, err := t.at(d.headers)
		if err != nil {
			return err
		}
		n.mark |= agentMark
	}
	return nil
}

// at finds the node of a pointer, or makes it.
func (t *tree) at(pointer string) (*node, error) {
	all, err := steps(pointer)
	if err != nil {
		return nil, err
	}
	n := t.root
	for _, step := range all {
		if n = n.child(step); len(n.children) == 255 {
			return nil, fmt.Errorf("pointer %q: too many fields beside it", pointer)
		}
	}
	return n, nil
}

func (n *node) child(key string) *node {
	for _, c := range n.children {
		if c.key == key {
			return c
		}
	}
	c := &node{key: key, number: -1}
	if i, err := strconv.Atoi(key); err == nil {
		c.number = i
	}
	n.children = append(n.children, c)
	return c
}

// index makes the table by which find works.
func (n *node) index() {
	if len(n.children) > 0 {
		n.heads = new([64]uint8)
	}
	for i, c := range n.children {
		head := &n.heads[spread([]byte(c.key))]
		c.next, *head = *head, uint8(i+1)
		c.index()
	}
}

// find looks for the child of a key. Most keys of a log are not wanted, which
// the table tells at once.
func (n *node) find(key []byte) *node {
	if n.heads == nil {
		return nil
	}
	for i := n.heads[spread(key)]; i > 0; {
		c := n.children[i-1]
		if string(key) == c.key {
			return c
		}
		i = c.next
	}
	return nil
}

// spread tells keys apart by their length and their ends.
func spread(key []byte) uint {
	if len(key) == 0 {
		return 0
	}
	return (uint(len(key))*7 + uint(key[0])*3 + uint(key[len(key)-1])) % 64
}

// element finds the child of an array's index.
func (n *node) element(i int) *node {
	for _, c := range n.children {
		if c.number == i {
			return c
		}
	}
	return nil
}
