package behaviour

import "math"

// site is what is known of the actors of an API, or a host.
type site struct {
	since    int64 // time of the first record
	requests float32
	crowds   [crowds]company
	signIns  signInPeers
}

// company is what is known of one crowd of a site.
type company struct {
	pages    peers // different pages of an actor
	volume   peers // thousands of bytes
	walks    peers // longest run of pages of a list
	surprise peers // how unusual an actor's steps are
	clock    peers // how regular he turns to new pages
	hours    peers // of a day in which he is active
	bare     odds  // of those who say where they come from, who fetches no parts of pages
	sudden   odds  // of those who fetch parts of pages, who never says where he comes from
}

// odds are how often something is so.
type odds struct{ n, yes float32 }

func (o *odds) learn(yes bool, weight float32) {
	if o.n >= remembered {
		o.n, o.yes = o.n/2, o.yes/2
	}
	o.n += weight
	if yes {
		o.yes += weight
	}
}

// chance that it is so for somebody; about 1 while nothing is known.
func (o *odds) chance() float64 { return float64(o.yes+1) / float64(o.n+1) }

// fewTurns is how many pages somebody turns to who tells something.
const fewTurns = 4

// learn takes in what an actor did in a window.
func (c *company) learn(a *actor, weight float32) {
	w, people := &a.watch, a.people()
	if v := w.volume(); v > 0 {
		c.volume.learn(v/1000/people, weight)
	}
	if w.turns < fewTurns {
		return
	}
	c.pages.learn(float64(w.pages.count)/people, weight)
	if w.walk.list != 0 {
		c.walks.learn(float64(w.walk.longest), weight)
	}
	if w.crowd == browsers && people < 2 {
		c.hours.learn(a.past.awake(), weight)
		if w.referred > 0 {
			c.bare.learn(w.parts == 0, weight)
		}
		if w.parts > 0 {
			c.sudden.learn(w.referred == 0, weight)
		}
	}
}

func (s *site) worth() float64 { return float64(s.requests) }

// route is what is known of a route, and of those who use it.
type route struct {
	requests float32
	hole     hole
	ids      sketch // different objects that were given
	objects  peers  // different objects of an actor
	errors   share  // of his objects that he gets no answer for
	foreign  share  // of his objects that belong to others
	small    share  // of his steps from object to object that lead to a neighbour

	guessers  kindred // by their errors
	strangers kindred // by the objects of others, of those that are known to belong to somebody
	counters  kindred // by their steps to neighbours

	left, entered  float32 // steps from and to it
	mean, variance float32 // of how surprising steps from it are
}

func (r *route) worth() float64 { return float64(r.requests) }

// learn takes in what an actor did on the route in a window.
func (r *route) learn(t *track, a *actor, weight float32) {
	if r.objects.full() {
		r.guessers.fade()
		r.strangers.fade()
		r.counters.fade()
	}
	r.objects.learn(float64(t.ids.count)/a.people(), weight)
	r.errors.learn(float64(t.errors), float64(t.looked), weight)
	if a.kind != kindAddress {
		r.foreign.learn(float64(t.foreign), float64(t.looked), weight)
		r.strangers.learn(t.foreign, t.known, weight, a.past.windows)
	}
	r.small.learn(float64(t.small), float64(t.steps), weight)
	r.guessers.learn(t.errors, t.looked, weight, a.past.windows)
	r.counters.learn(t.small, t.steps, weight, a.past.windows)
}

func (o *odds) code(c *codec) {
	c.float(&o.n)
	c.float(&o.yes)
}

func (c *company) code(d *codec) {
	for _, p := range []*peers{&c.pages, &c.volume, &c.walks, &c.surprise, &c.clock, &c.hours} {
		p.code(d)
	}
	c.bare.code(d)
	c.sudden.code(d)
}

func (s *site) code(c *codec) {
	whole(c, &s.since, math.MaxInt64)
	c.float(&s.requests)
	for i := range s.crowds {
		s.crowds[i].code(c)
	}
	s.signIns.code(c)
}

func (r *route) code(c *codec) {
	c.float(&r.requests)
	whole(c, &r.hole, 16)
	r.ids.code(c)
	r.objects.code(c)
	for _, s := range []*share{&r.errors, &r.foreign, &r.small} {
		s.code(c)
	}
	for _, k := range []*kindred{&r.guessers, &r.strangers, &r.counters} {
		k.code(c)
	}
	for _, v := range []*float32{&r.left, &r.entered, &r.mean, &r.variance} {
		c.float(v)
	}
}
