package behaviour

import (
	"math"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// kind is what names an actor, the most telling first.
type kind uint8

const (
	kindUser kind = iota
	kindToken
	kindKey
	kindSession
	kindApplication
	kindAddress
	kinds // count
)

func (k kind) actorKind() finding.ActorKind {
	return [kinds]finding.ActorKind{
		finding.User, finding.Token, finding.Key, finding.Session, finding.Application, finding.Address,
	}[k]
}

// actor is what is remembered of one.
type actor struct {
	kind kind
	open bool // watch is under way
	watch
	past past
	_    [2]uint64 // twelve lines of the cache in all
}

// watch is what an actor did in one window. Its parts are in groups that fill a
// line of the processor's cache each, those that every request is about first:
// waiting for them is most of what a request costs.
type watch struct {
	start, last int64
	site        uint64      // of most requests; about
	agents      crowdSketch // user agents
	requests    uint32
	agent       uint32 // of the last request
	sites       int32  // how much site leads
	turns       uint32 // successful requests that are no parts of pages
	parts       uint32 // of pages
	crowd       crowd
	gapped      uint8 // of gaps
	paces       uint8 // how often pauses were looked at
	place       uint8 // of the last request

	turnAt         int64  // the last one
	bytes, largest uint64 // of successful answers that are no parts of pages, nor downloads, and of one
	route          uint64 // of the last request that is no part of a page
	taught         uint64 // which steps have been learned from, by their hashes
	steps          uint32 // different ones, to another route
	surprise       float32
	spread         float32
	referred       uint32  // turns that say where they come from
	paced          float32 // how rare pauses were: the sum of the logarithms
	returns        uint16

	next      [detectors]float32 // how much it takes for a detector to look
	sensitive uint64             // of bytes
	pages     sketch             // different paths

	objects [tracks]track

	told   [detectors]uint8 // how often a detector has spoken
	gaps   [gapsLooked]float32
	walk   walking
	places [placesKept]place
}

// past is what is remembered of the windows before.
type past struct {
	windows uint16
	lonely  uint16 // windows without an overlap of places
	objects float32
	foreign float32
	pages   float32
	walk    float32
	returns float32
	volume  float32 // mean of the logarithm of bytes
	spread  float32 // its variance
	hours   uint32  // of the day in which there was a request, in the last day
	hour    int64   // of the last one, since 1970
}

// people is how many stand behind the actor: one, but for addresses, where user
// agents tell. Who changes his for each request is not many.
func (a *actor) people() float64 {
	if a.kind != kindAddress {
		return 1
	}
	return math.Max(math.Min(math.Round(a.agents.count()), float64(a.requests)/6), 1)
}

// fetch reads a little of each line that most requests are about, so that the
// memory of it is there.
func (a *actor) fetch(named bool) (sum uint64) {
	if named {
		sum = uint64(a.places[0].last)
	}
	return sum + uint64(a.start) + uint64(a.turnAt) + uint64(math.Float32bits(a.pages.count)) + uint64(a.pages.registers[0]) +
		a.objects[0].route + a.objects[1].route
}

// alone tells whether the order of the requests is that of one client.
func (a *actor) alone() bool { return a.people() < 2 }

// volume is how much data was given, of which one answer does not make more than
// half: a single large one is for the tail of single answers to judge.
func (w *watch) volume() float64 { return float64(min(w.bytes, 2*(w.bytes-w.largest))) }

// spoken tells whether any detector has.
func (w *watch) spoken() bool { return w.told != [detectors]uint8{} }

// worth is how much of a loss it would be to forget the actor at this time. Half
// of it is gone after a quarter of a day.
func (a *actor) worth(now int64) float64 {
	w := 3 * float64(a.past.windows)
	if a.open {
		w += float64(a.requests)
		if a.spoken() {
			w += 1e6
		}
	}
	return w / (1 + math.Max(float64(now/hourNanoseconds-a.past.hour), 0)/6)
}

// habit is how many times as much as ever is more than an actor is used to.
const habit = 1.5

// follow moves what an actor is used to: up to what it did, at once, unless that
// was suspicious: then slowly, so that what goes on for days is its habit.
func follow(usual *float32, did float32, suspicious bool) {
	if suspicious {
		*usual += (did - *usual) / 5
		return
	}
	*usual = max(*usual*0.98, did)
}

// learn takes what was watched into the past.
func (p *past) learn(w *watch, l *Limits) {
	if p.windows++; p.windows == math.MaxUint16 {
		p.windows /= 2
	}
	if w.returns == 0 {
		p.lonely = min(p.lonely+1, 1000)
	}
	for i := range w.objects {
		t := &w.objects[i]
		if t.route != 0 && float64(t.ids.count) >= float64(l.Objects)/2 {
			follow(&p.objects, t.ids.count, w.told[enumeration] > 0)
			follow(&p.foreign, float32(t.foreign), w.told[foreign] > 0)
		}
	}
	follow(&p.pages, w.pages.count, w.told[scraping] > 0)
	follow(&p.walk, float32(w.walk.longest), w.told[walk] > 0)
	follow(&p.returns, float32(w.returns), w.told[shared] > 0)
	p.weigh(float32(math.Log1p(w.volume())), w.told[exfiltration] > 0)
}

// weigh takes the logarithm of a volume into mean and variance, which forget
// what is older than some ten windows.
func (p *past) weigh(volume float32, suspicious bool) {
	rate := max(1/float32(p.windows), 0.1)
	if suspicious {
		rate /= 4
	}
	off := volume - p.volume
	p.volume += rate * off
	p.spread += rate * (off*(1-rate)*off - p.spread)
}

const hourNanoseconds = int64(3600e9)

// active notes the hour of a request.
func (p *past) active(t int64) {
	h := t / hourNanoseconds
	if h <= p.hour {
		return
	}
	if h-p.hour >= 24 {
		p.hours = 0
	}
	for i := max(p.hour+1, h-23); i < h; i++ {
		p.hours &^= 1 << uint(i%24)
	}
	p.hours |= 1 << uint(h%24)
	p.hour = h
}
