package series

// names are the names of a minute's carriers, each kept once.
type names struct {
	data  []byte
	ends  []uint32
	index map[uint64]uint32 // key → place, from 1 on
}

// A minute's names are bounded; beyond, one has none.
const (
	maxNameBytes = 8 << 20
	maxName      = 256 // bytes of one
)

func newNames() names { return names{index: map[uint64]uint32{}} }

func (n *names) reset() {
	n.data, n.ends = n.data[:0], n.ends[:0]
	clear(n.index)
}

// tell gives the place of a name under its key.
func (n *names) tell(key uint64, kind string, name []byte) uint32 {
	if at, known := n.index[key]; known {
		return at
	}
	if len(n.data) >= maxNameBytes {
		return 0
	}
	n.data = append(n.data, kind...)
	if kind != "" {
		n.data = append(n.data, ':')
	}
	n.data = append(n.data, name[:min(len(name), maxName)]...)
	n.ends = append(n.ends, uint32(len(n.data)))
	n.index[key] = uint32(len(n.ends))
	return uint32(len(n.ends))
}

// at is the name at a place; "" at 0.
func (n *names) at(place uint32) []byte {
	if place == 0 {
		return nil
	}
	begin := uint32(0)
	if place > 1 {
		begin = n.ends[place-2]
	}
	return n.data[begin:n.ends[place-1]]
}

func (n *names) bytes() int { return cap(n.data) + 4*cap(n.ends) + 24*len(n.index) }
