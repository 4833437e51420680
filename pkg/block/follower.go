package block

import "net/netip"

// Follower takes what a link to the service delivers, whatever the link is
// made of. Calls come from one goroutine at a time.
//
// A link that comes up (again) calls Linked, then for each segment subscribes
// to deltas, calls Expect, fetches a snapshot, and calls Load; from then on
// Apply and Heartbeat as they come. When Heartbeat or Load asks for it, the
// link starts over for that segment with Expect.
type Follower interface {
	// Linked tells that the service is there, and which segments this agent
	// gets, All included; others are forgotten.
	Linked(segments []string)
	// Lost tells that the service is away. What is held stays in force.
	Lost(reason error)
	// Keys replaces the match keys of the segment, the current one first. It is
	// called before the segment's first Load, and when they change.
	Keys(segment string, keys []MatchKey)
	// Expect is called before a snapshot of the segment is asked for.
	Expect(segment string)
	// Load takes a snapshot as AppendSnapshot writes it. It fails when the
	// snapshot cannot be read; what is held stays in force.
	Load(segment string, snapshot []byte) error
	// Apply takes one change.
	Apply(segment string, d Delta)
	// Heartbeat compares versions; stale asks for a snapshot.
	Heartbeat(segment string, original Version) (stale bool)
	// Withdraw takes back a provisional refusal of this agent.
	Withdraw(id ID)
}

// SparedHearer is a Follower that refuses clients by itself and wants to know
// whom it must not: the service's guard would never block them.
type SparedHearer interface {
	// Spared replaces the list. It is called after Linked, and when the list
	// changes; a service of before never does.
	Spared(prefixes []netip.Prefix)
}

// RetryHearer is a Follower that wants to know of retries of quarantined
// records.
type RetryHearer interface {
	// RetriesAsked gives, with each heartbeat, the number of the last retry
	// that anybody was asked for, once there is one. It does not wait.
	RetriesAsked(last uint64)
}
