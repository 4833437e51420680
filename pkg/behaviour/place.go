package behaviour

// Places that are kept of an actor, and for how long coming back to one is
// being in both at once.
const (
	placesKept = 3
	atOnce     = int64(10 * 60e9)
)

// place is from where and by what a token is used.
type place struct {
	network uint32 // 0 = free
	country uint16 // 0 = not known
	agent   uint32
	sure    bool // the network is one by its operator, not by its numbers
	six     bool // IPv6
	count   uint16
	last    int64
}

func (p *place) same(q *place) bool {
	return p.network == q.network && p.country == q.country && p.agent == q.agent
}

// abroad tells whether two places are in different countries.
func (p *place) abroad(q *place) bool {
	return p.country != 0 && q.country != 0 && p.country != q.country
}

// comparable tells whether networks can be told apart: an address of IPv4 and
// one of IPv6 may be of one line.
func (p *place) comparable(q *place) bool { return p.sure && q.sure || p.six == q.six }

// move notes from where a request came. Going elsewhere is no more than that;
// coming back to where one was a moment ago, when the two places share neither
// network nor client, is being in two places at once. A telephone between two
// networks has one client; two programs on one device share its networks.
func (w *watch) move(now place, strict bool) {
	at := w.find(&now)
	known := at >= 0
	if !known {
		at = w.replace()
		w.places[at] = now
	}
	p, before := &w.places[at], &w.places[w.place]
	if known && at != int(w.place) && now.last-p.last <= atOnce && w.apart(p, before, strict) {
		w.returns = min(w.returns+1, 1<<15)
	}
	p.count, p.last, w.place = min(p.count+1, 1<<15), max(p.last, now.last), uint8(at)
}

func (w *watch) find(now *place) int {
	for i := range w.places {
		if w.places[i].network != 0 && w.places[i].same(now) {
			return i
		}
	}
	return -1
}

// replace gives the place that was seen longest ago.
func (w *watch) replace() int {
	oldest := 0
	for i := range w.places {
		if w.places[i].network == 0 {
			return i
		}
		if w.places[i].last < w.places[oldest].last {
			oldest = i
		}
	}
	return oldest
}

// apart tells whether nothing connects two places. Strict is for who may have
// several devices: they have to be in different countries as well.
func (w *watch) apart(p, q *place, strict bool) bool {
	if p.network == q.network || !p.comparable(q) {
		return false
	}
	apart := p.agent != q.agent && !w.crossed(p, q)
	if strict {
		return apart && p.abroad(q)
	}
	return apart || p.abroad(q)
}

// crossed tells whether the client of one place was seen on the network of the
// other.
func (w *watch) crossed(p, q *place) bool {
	for i := range w.places {
		r := &w.places[i]
		if r.network == p.network && r.agent == q.agent || r.network == q.network && r.agent == p.agent {
			return true
		}
	}
	return false
}
