package behaviour

import "time"

// Options bound an Observer and say what is enough to speak. What is zero has
// the default.
type Options struct {
	// MaxActors is how many actors are remembered; 0 means 100,000. One takes
	// about 800 bytes.
	MaxActors int
	// MaxSignIns is how many addresses and names that sign in are remembered;
	// 0 means a quarter of MaxActors. One takes about 130 bytes.
	MaxSignIns int
	// MaxRoutes is how many routes have peers of their own; 0 means 4,096. One
	// takes about 500 bytes.
	MaxRoutes int
	// MaxSites is how many APIs, hosts and sources have peers of their own; 0
	// means 512. One takes about 5,000 bytes.
	MaxSites int
	// MaxObjects is how many objects are remembered with whom they belong to; 0
	// means 500,000. One takes 8 bytes.
	MaxObjects int
	// Seed of the hashes that stand for actors and objects. Whoever knows it can
	// make actors push each other out of memory. A snapshot brings its own.
	Seed uint64
	// Disabled are ids of detectors that say nothing. Unknown ids are ignored.
	Disabled []string
	Limits   Limits
}

// Limits are what has to be there before a detector speaks. They keep quiet
// what is rare and harmless; how rare is what Rare says.
type Limits struct {
	// Rare is the probability by chance, of one look at one actor, below which a
	// suspicion is told; 0 means 1e-4.
	Rare float64
	// Peers is how many actors of a place have to have been watched to the end of
	// a window; 0 means 30.
	Peers int
	// Learning is for how long a site has to have been watched, by the time of
	// records, before anything is said of actors there; 0 means 2 hours.
	Learning time.Duration
	// Window is the longest an actor is watched at one go; 0 means an hour. A
	// Pause ends it too.
	Window time.Duration
	// Pause without a request ends a window; 0 means 30 minutes.
	Pause time.Duration

	Objects  int // different objects of one route; 0 means 12
	Foreign  int // different objects of others; 0 means 4
	Failures int // failed sign-ins of an address; 0 means 8
	Networks int // different addresses at which one name failed; 0 means 5
	Overlaps int // returns from one place to the other; 0 means 3
	Pages    int // different pages; 0 means 60
	Walk     int // pages of a list, one after the other; 0 means 12
	// Bytes of successful answers in one window; 0 means 20 MB.
	Bytes int64
	Steps int // different ones from route to route; 0 means 5
	Turns int // of browsers to pages; 0 means 12
}

func (o Options) withDefaults() Options {
	fill(&o.MaxActors, 100_000)
	fill(&o.MaxSignIns, max(o.MaxActors/4, 64))
	fill(&o.MaxRoutes, 4096)
	fill(&o.MaxSites, 512)
	fill(&o.MaxObjects, 500_000)
	o.Limits = o.Limits.withDefaults()
	return o
}

func (l Limits) withDefaults() Limits {
	fill(&l.Rare, 1e-4)
	fill(&l.Peers, 30)
	fill(&l.Learning, 2*time.Hour)
	fill(&l.Window, time.Hour)
	fill(&l.Pause, 30*time.Minute)
	fill(&l.Objects, 12)
	fill(&l.Foreign, 4)
	fill(&l.Failures, 8)
	fill(&l.Networks, 5)
	fill(&l.Overlaps, 3)
	fill(&l.Pages, 60)
	fill(&l.Walk, 12)
	fill(&l.Bytes, 20_000_000)
	fill(&l.Steps, 5)
	fill(&l.Turns, 12)
	return l
}

// fill sets what is not positive to its default.
func fill[T int | int64 | float64 | time.Duration](v *T, to T) {
	if *v <= 0 {
		*v = to
	}
}
