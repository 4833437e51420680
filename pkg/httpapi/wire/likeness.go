package wire

import (
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// ActorLinks tells with whom an actor was seen, and who else was seen with
// them.
type ActorLinks struct {
	Actor finding.Actor `json:"actor"`
	Since time.Time     `json:"since"` // of receipt
	Until time.Time     `json:"until"`
	// Links are other names in its requests: addresses of a token, users and
	// fingerprints of an address; the most frequent first.
	Links []Link `json:"links"`
	// Linked are others of its kind that share links with it; those that share
	// what few others do come first.
	Linked []LinkedActor `json:"linked"`
}

// Link is another name in the requests of an actor.
type Link struct {
	finding.Actor
	Requests  int64     `json:"requests"` // that name both
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
	Others    int64     `json:"others"` // of the actor's kind that were seen with it too, about
}

// LinkedActor shares links with an actor.
type LinkedActor struct {
	finding.Actor
	Through   []finding.Actor `json:"through"` // what both use, the rarest first
	Requests  int64           `json:"requests"`
	FirstSeen time.Time       `json:"first_seen"`
	LastSeen  time.Time       `json:"last_seen"`
}

// SimilarActors are those who behave like an actor.
type SimilarActors struct {
	Actor    finding.Actor  `json:"actor"`
	Since    time.Time      `json:"since"` // of receipt
	Until    time.Time      `json:"until"`
	Requests int            `json:"requests"` // of it that were looked at
	Compared int            `json:"compared"` // others that have anything in common with it
	Similar  []SimilarActor `json:"similar"`  // the most alike first
}

// SimilarActor is one of them, with what is alike.
type SimilarActor struct {
	finding.Actor
	Likeness float64        `json:"likeness"` // 0..1
	Requests int            `json:"requests"` // of it that were looked at
	Parts    []LikenessPart `json:"parts"`
}

// LikenessPart is how alike two are in one aspect.
type LikenessPart struct {
	Aspect   string  `json:"aspect"`           // "paths", "order", "pace" …
	Likeness float64 `json:"likeness"`         // 0..1
	Share    float64 `json:"share"`            // of the whole likeness; all parts together are 1
	Common   string  `json:"common,omitempty"` // the rarest thing that both have
}
