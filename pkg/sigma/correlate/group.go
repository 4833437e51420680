package correlate

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
	times  []int64 // distinct types that others refer to: when there were events
	told   bool    // a rising condition: the finding is out
	coarse uint8   // numbers: 1 when the cells are bins; shares: bits of the sample
}

// group is what is remembered of a correlation for one set of values.
type group struct {
	watch   *watch
	key     string    // the values, see appendValue
	windows []window  // by index
	own     [1]window // where windows lie as long as there is one
	sample  []ref     // the last records
	latest  int64     // greatest time of its events
	touched int64     // event time when it was touched last
	serial  uint64    // of the record that touched it last
	hits    int64
	bytes   int64

	due  int64 // when event time has come so far, there is something to do
	heap int   // where it stands in the schedule

	level      int
	prev, next *group // in the list of its level; next was touched more recently
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
	var spare window
	if n := len(g.windows); n < cap(g.windows) {
		spare = g.windows[:n+1][n]
	}
	g.windows = append(g.windows, window{})
	copy(g.windows[i+1:], g.windows[i:])
	g.windows[i] = window{index: index, cells: spare.cells[:0], times: spare.times[:0]}
	return &g.windows[i]
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
	if len(g.sample) < sampleSize {
		g.sample = append(g.sample, r)
		return
	}
	copy(g.sample, g.sample[1:])
	g.sample[sampleSize-1] = r
}

// The cost of what Go keeps for a group, an entry of a map included.
const (
	groupBytes  = 360
	windowBytes = 96
	cellBytes   = 24
	refBytes    = 24
)

// size is about how many bytes the group takes.
func (g *group) size() int64 {
	n := groupBytes + len(g.key) + (cap(g.windows)-len(g.own))*windowBytes + cap(g.sample)*refBytes
	for _, w := range g.windows[:cap(g.windows)] {
		n += cap(w.cells)*cellBytes + cap(w.times)*8
	}
	return int64(n)
}
