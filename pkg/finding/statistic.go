package finding

import "time"

// Shape is what an anomaly looks like.
type Shape string

// The shapes of anomalies.
const (
	Burst      Shape = "burst"      // suddenly far more
	Drop       Shape = "drop"       // suddenly far less
	Silent     Shape = "silent"     // what was regular and has stopped
	Drift      Shape = "drift"      // slowly worse, over hours or days
	Shift      Shape = "shift"      // another level, which stays
	Glitch     Shape = "glitch"     // errors or latency in one place
	Single     Shape = "single"     // one action, far out in the tail
	First      Shape = "first"      // works for the first time
	Broken     Shape = "broken"     // a format or status that should not be
	Behaviour  Shape = "behaviour"  // how an actor goes about it
	Unexpected Shape = "unexpected" // none of these, and rare
)

// Statistic is what a statistical finding rests on: what was expected, what
// was seen, since when, and how often that happens by chance.
type Statistic struct {
	Shape    Shape     `json:"shape"`
	Series   string    `json:"series"` // for people: "requests of GET /users/{id}"
	Unit     string    `json:"unit,omitempty"`
	Expected float64   `json:"expected"`
	Lower    float64   `json:"lower"` // what is ordinary, at both ends
	Upper    float64   `json:"upper"`
	Seen     float64   `json:"seen"`
	Since    time.Time `json:"since"`
	// Probability of something as far out on an ordinary day, 0..1, for one
	// look at one series.
	Probability float64 `json:"probability"`
	// Until is when it was over; zero = it lasts. A finding that lasts is told
	// again, with the same id, when it grows and when it is over.
	Until time.Time `json:"until,omitzero"`
	// Parts are what carries the change, the largest share first.
	Parts []Part `json:"parts,omitempty"`
}

// Part is one route, principal, address or network in a change.
type Part struct {
	Kind  string  `json:"kind"` // "route", "address", "status" …
	Value string  `json:"value"`
	Share float64 `json:"share"` // of the change, 0..1
}
