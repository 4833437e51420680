package correlate

import "slices"

// cell is the smallest thing that a window keeps. Its meaning is its
// measure's:
//
//	counting  at: when          to: how much
//	distinct  at: when first    to: when last    key: the value's hash
//	ordered   at: when          to: the offset   key: the file's hash, the member
//	numbers                     to: how often    key: the value, or its bin
//	shares                      to: how often    key: the value's hash
type cell struct {
	key    uint64
	at, to int64
}

// window is what a group holds of one stretch of event time.
type window struct {
	index  int64 // it starts at index·timespan
	total  int64 // of all that was added, as the measure says
	events int64 // how many were added
	first  int64 // time of the first event
	cells  []cell
	times  *[]int64 // distinct types that others refer to: when there were events
	told   bool     // a rising condition: the finding is out
	coarse uint8    // numbers: 1 when the cells are bins; shares: bits of the sample
}

// group is what is remembered of a correlation for one set of values. There
// are many, and an event waits for the memory of each that it touches: so what
// most events need lies together, in 256 bytes.
type group struct {
	watch   *watch
	key     string // the values, see appendValue
	hash    uint64 // of the table
	serial  uint64 // of the record that touched it last
	seen    uint64 // of the record that ends the sample
	latest  int64  // greatest time of its events
	touched int64  // event time when it was touched last

	windows []window  // by index
	own     [1]window // where windows lie as long as there is one
	ownCell [1]cell   // where its cells lie as long as there is one
	hits    int64
	due     int64 // when event time has come so far, there is something to do
	sample  []ref // the last records

	bytes      int32
	heap       int32 // where it stands in the schedule
	level      int8
	turn       int8   // which record of a full sample goes next
	warm       bool   // touched since it came where it stands in the list
	prev, next *group // in the list of its level; next came there more recently
}

// prepare makes an empty group, which may have been another one.
func (g *group) prepare(w *watch, key string, hash uint64) {
	*g = group{watch: w, key: key, hash: hash, latest: minTime, touched: minTime, due: maxDue, sample: g.sample[:0]}
	g.own[0].cells = g.ownCell[:0]
	g.windows = g.own[:0]
}

// find gives the window of an index, or nil.
func (g *group) find(index int64) *window {
	for i := len(g.windows) - 1; i >= 0; i-- {
		if g.windows[i].index == index {
			return &g.windows[i]
		}
	}
	return nil
}

// window gives the window of an index, made if need be. It invalidates what
// find gave before.
func (g *group) window(index int64) *window {
	i := len(g.windows)
	for i > 0 && g.windows[i-1].index >= index {
		i--
	}
	if i < len(g.windows) && g.windows[i].index == index {
		return &g.windows[i]
	}
	spare := g.spare()
	g.windows = append(g.windows, window{})
	copy(g.windows[i+1:], g.windows[i:])
	g.windows[i] = window{index: index, cells: spare.cells[:0], times: spare.times}
	return &g.windows[i]
}

// spare gives the memory of a window that was, and makes room for one more.
func (g *group) spare() window {
	n := len(g.windows)
	if n == cap(g.windows) {
		g.windows = append(make([]window, 0, 2*n), g.windows...)
		g.own[0] = window{}
		return window{}
	}
	w := g.windows[:n+1][n]
	if w.times != nil {
		*w.times = (*w.times)[:0]
	}
	return w
}

// instants are the times of events that a window keeps.
func (w *window) instants() []int64 {
	if w.times == nil {
		return nil
	}
	return *w.times
}

// dropOldest forgets the first n windows, and keeps the memory of their cells
// for windows to come.
func (g *group) dropOldest(n int) {
	for range n {
		first := g.windows[0]
		last := len(g.windows) - 1
		copy(g.windows, g.windows[1:])
		g.windows[last] = window{cells: first.cells, times: first.times}
		g.windows = g.windows[:last]
	}
}

// remember notes a record for the sample.
func (g *group) remember(r ref) {
	switch n := len(g.sample); {
	case n < cap(g.sample):
		g.sample = append(g.sample, r)
		return
	case n < sampleSize:
		g.sample = append(append(make([]ref, 0, min(2*n+1, sampleSize)), g.sample...), r)
		return
	}
	g.sample[g.turn] = r
	g.turn = (g.turn + 1) % sampleSize
}

// last are the records of the sample, in their order.
func (g *group) last() []ref { return slices.Concat(g.sample[g.turn:], g.sample[:g.turn]) }

// The cost of what Go keeps for a group: its place in table and schedule
// included.
const (
	groupBytes  = 256 + 32 + 28
	windowBytes = 72
	cellBytes   = 24
	refBytes    = 24
)

// size is about how many bytes the group takes.
func (g *group) size() int64 {
	n := groupBytes + len(g.key) + cap(g.sample)*refBytes
	if c := cap(g.windows); c > len(g.own) {
		n += c * windowBytes
	}
	windows := g.windows[:cap(g.windows)]
	for i := range windows {
		w := &windows[i]
		n += cap(w.cells)*cellBytes + cap(w.instants())*8
	}
	return int64(n)
}
