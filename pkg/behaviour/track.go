package behaviour

// tracks is how many routes an actor's objects are followed on.
const tracks = 2

// track is what an actor did with the objects of one route.
type track struct {
	route   uint64 // 0 = free
	last    uint64 // number
	looked  uint32 // how many different ones were seen to be new
	errors  uint32 // of those, refused or missing
	known   uint32 // of those, known to belong to somebody
	foreign uint32 // of those, to another
	given   uint32 // of the foreign, answered with success
	steps   uint32 // from number to number
	small   uint32 // of those, to a neighbour
	_       [3]uint32
	ids     sketch // different ones; its registers are a line of the cache
}

// near is how far a neighbour is.
const near = 4

// follow gives the track of a route. One on which little happened makes room,
// after as much has happened elsewhere.
func (w *watch) follow(route uint64) *track {
	least := &w.objects[0]
	for i := range w.objects {
		t := &w.objects[i]
		if t.route == route {
			return t
		}
		if t.route == 0 || least.route != 0 && t.ids.count < least.ids.count {
			least = t
		}
	}
	if least.route != 0 && least.looked > 1 {
		least.looked--
		return nil
	}
	*least = track{route: route}
	return least
}

// step notes the number of an object that is new.
func (t *track) step(id []byte) {
	n, ok := numberIn(id)
	if !ok {
		return
	}
	if t.last != 0 {
		t.steps++
		if distance := max(n, t.last) - min(n, t.last); distance <= near {
			t.small++
		}
	}
	t.last = n
}
