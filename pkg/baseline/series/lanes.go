package series

// lanes are those that are known.
type lanes struct {
	registry
	all   []*lane
	facts map[uint64]*facts
	quota int
}

// moreLanes are for what finds no room: a lane for each gateway and source.
const moreLanes = 1024

func newLanes(quota int) lanes {
	return lanes{registry: newRegistry(quota), facts: map[uint64]*facts{}, quota: quota}
}

// take gives a new lane a number, or -1; it is to be set then. One for what
// finds no room elsewhere has more room.
func (l *lanes) take(key uint64, other bool, minute int64) int {
	l.max = l.quota
	if other {
		l.max += moreLanes
	}
	at, taken := l.admit(key, int32(minute))
	if taken {
		l.forget(at)
	}
	return at
}

// set says what a lane is.
func (l *lanes) set(at int, made *lane) {
	for len(l.all) <= at {
		l.all = append(l.all, nil)
	}
	l.all[at] = made
	if made.factsKey != 0 {
		made.facts = l.factsOf(made.factsKey)
		made.facts.lanes++
	}
}

func (l *lanes) factsOf(key uint64) *facts {
	f := l.facts[key]
	if f == nil {
		f = &facts{}
		l.facts[key] = f
	}
	return f
}

// forget drops what was known of a lane.
func (l *lanes) forget(at int) {
	if f := l.all[at].facts; f != nil {
		if f.lanes--; f.lanes == 0 {
			delete(l.facts, l.all[at].factsKey)
		}
	}
	l.all[at] = nil
}

const laneBytes = 360

func (l *lanes) bytes() int {
	n := l.registry.bytes() + 64*len(l.facts)
	for _, lane := range l.all {
		if lane != nil {
			n += laneBytes
			for i := range lane.signatures {
				n += 8 * cap(lane.signatures[i].entries)
			}
		}
	}
	return n
}
