package inventory

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"math"
	"slices"
)

// ErrSnapshot says that a snapshot is damaged, of another version, or larger
// than the limits.
var ErrSnapshot = errors.New("no usable snapshot of route templates")

// A snapshot, integers as varints:
//
//	"hmt" version(1) trees { host, root }, then a CRC-32C of all that
//
// A node is its kind, class and name, the classes that are variable, whether
// it is closed, its hits, and its children with their number before them.
// The version changes with the rules for shapes too.
const (
	snapshotMagic   = "hmt"
	snapshotVersion = 1
)

func checksum(data []byte) uint32 { return crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli)) }

// Snapshot gives the trees as bytes, about 20 for each position. The same
// trees give the same bytes.
func (t *Templater) Snapshot() []byte {
	data := append([]byte(snapshotMagic), snapshotVersion)
	data = binary.AppendUvarint(data, uint64(len(t.grow.trees)))
	for _, host := range slices.Sorted(maps.Keys(t.grow.trees)) {
		data = appendText(data, host)
		data = t.grow.trees[host].root.append(data)
	}
	return binary.LittleEndian.AppendUint32(data, checksum(data))
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func (n *node) append(dst []byte) []byte {
	dst = append(dst, byte(n.key.kind), byte(n.key.class))
	dst = appendText(dst, n.key.name)
	dst = binary.AppendUvarint(dst, n.variable)
	closed := byte(0)
	if n.closed {
		closed = 1
	}
	dst = append(dst, closed)
	dst = binary.AppendUvarint(dst, uint64(n.hits))
	dst = binary.AppendUvarint(dst, uint64(len(n.children)))
	for _, child := range n.children {
		dst = child.append(dst)
	}
	return dst
}

// Restore replaces the trees by those of a snapshot. After an error, which is
// ErrSnapshot, they are as before.
func (t *Templater) Restore(data []byte) error {
	body := len(data) - crc32.Size
	head := snapshotMagic + string(rune(snapshotVersion))
	switch {
	case body < len(head) || string(data[:len(head)]) != head:
		return fmt.Errorf("%w: it does not begin with %q", ErrSnapshot, head)
	case binary.LittleEndian.Uint32(data[body:]) != checksum(data[:body]):
		return fmt.Errorf("%w: its checksum does not fit", ErrSnapshot)
	}
	r := restoring{data: data[len(head):body], growth: newGrowth(t.grow.limits, &t.refused)}
	r.forest()
	if r.err != nil {
		return r.err
	}
	t.grow = r.growth
	t.publish()
	return nil
}

// restoring is the state of reading a snapshot. After the first error all
// reads give zero.
type restoring struct {
	data   []byte
	growth *growth
	err    error
}

func (r *restoring) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s", ErrSnapshot, fmt.Sprintf(format, args...))
	}
	r.data = nil
}

func (r *restoring) forest() {
	g := r.growth
	trees := r.number(uint64(g.limits.hosts) + 1)
	for range trees {
		host := r.text(math.MaxUint16)
		g.here = tree{}
		root := r.node(nil)
		if r.err == nil && root.key != (key{}) {
			r.fail("a root that is none")
		}
		g.trees[host] = tree{root: root, nodes: g.here.nodes}
	}
	if len(r.data) > 0 {
		r.fail("%d bytes too many", len(r.data))
	}
	if uint64(len(g.trees)) != trees {
		r.fail("hosts twice, or none shared")
	}
}

// node reads a node and what lies below it; the root has no parent.
func (r *restoring) node(parent *node) *node {
	kind, class := r.byte(), r.byte()
	n := &node{key: key{kind: kindOf(kind), class: classOf(class), name: r.text(math.MaxUint8)}, edit: r.growth.edit}
	n.variable = r.number(math.MaxUint64)
	n.closed = r.byte() == 1
	n.hits = uint32(r.number(math.MaxUint32))
	if kind >= byte(kinds) || int(class) >= int(extensions)+len(extensionNames) {
		r.fail("a segment of kind %d and class %d", kind, class)
	}
	if parent != nil {
		n.template = parent.template + "/" + n.key.piece()
		r.admit(n, parent)
	}
	for range r.number(math.MaxUint32) {
		if child := r.node(n); r.err == nil {
			r.adopt(n, child)
		}
		if r.err != nil {
			break
		}
	}
	return n
}

func kindOf(b byte) kind {
	if b < byte(kinds) {
		return kind(b)
	}
	return word
}

func classOf(b byte) class {
	if int(b) < int(extensions)+len(extensionNames) {
		return class(b)
	}
	return plain
}

// admit counts a node and checks that a path could have made it.
func (r *restoring) admit(n, parent *node) {
	g := r.growth
	g.count(1, n.weight())
	switch f := formOf([]byte(n.key.name), parent.key); {
	case g.nodes > g.limits.nodes || g.here.nodes > g.limits.hostNodes:
		r.fail("it has more positions than the limit of %d, or %d for a host", g.limits.nodes, g.limits.hostNodes)
	case len(n.template) > 2*maxTemplate:
		r.fail("a template of %d bytes", len(n.template))
	case n.key.kind == word && (f.kind != word || f.class != n.key.class), n.key.kind != word && n.key.name != "":
		r.fail("the segment %q is not of its kind", n.key.name)
	}
}

// adopt adds a child behind those that are there, in their order.
func (r *restoring) adopt(n, child *node) {
	if last := len(n.children) - 1; last >= 0 {
		k := child.key
		if n.children[last].key.compare(form{k.kind, k.class, []byte(k.name)}) >= 0 {
			r.fail("the segments below %q are not in order", n.template)
		}
	}
	n.children = append(n.children, child)
}

func (r *restoring) byte() byte {
	if len(r.data) == 0 {
		r.fail("it ends too early")
		return 0
	}
	b := r.data[0]
	r.data = r.data[1:]
	return b
}

func (r *restoring) number(most uint64) uint64 {
	v, n := binary.Uvarint(r.data)
	if n <= 0 || v > most {
		r.fail("a number that is none")
		return 0
	}
	r.data = r.data[n:]
	return v
}

func (r *restoring) text(most uint64) string {
	n := r.number(most)
	if n > uint64(len(r.data)) {
		r.fail("a text that ends too late")
		return ""
	}
	s := string(r.data[:n])
	r.data = r.data[n:]
	return s
}
