package block

import (
	"net/netip"
	"time"
)

// Request is what a gateway tells of a request, as far as blocks are about it.
// What is empty is not known, and matches no block that asks for it. Users,
// keys, tokens and sessions are as the client presented them: the set knows
// them by keyed hashes only.
//
// Routes are compared with Path as it is here, so it has to be in the one form
// that an application sees, whatever the client wrote: percent-decoded once,
// slashes joined, "." and ".." resolved (decoy.AppendClean does it). Otherwise
// a block on /login would be passed by /%6cogin. Whoever decides for a gateway
// (the agent) does it once for all adapters.
//
// A block on /login is on /login/ and /login;x too, which most backends and
// some (Java's servlet containers) take for the same; an exemption is not. A
// block on /orders/{id} is on /orders/7/, not on /orders/, and one on /login/**
// on /login;x/y. Letters in another case are another path to both.
type Request struct {
	Client      netip.Addr // as the gateway found it through its trusted hops
	Method      string
	Host        string
	Path        string // without the query; see above
	API         string
	User        string
	Claimed     bool // the user is the client's own word: it may be blocked by it, never exempt
	Application string
	Key         string
	Token       string
	Session     string
	Fingerprint string // of the TLS handshake
	UserAgent   string
	Country     string // two letters, upper case
	Network     string // "AS64500"
	RequestID   string // the gateway's own; never one that a client sent
}

// value is what the request has of the scope with a code, other than
// addresses, in the form in which targets have it; empty when it is not known.
func (r *Request) value(code byte) string {
	switch code {
	case codeUser:
		return r.User
	case codeApplication:
		return r.Application
	case codeKey:
		return r.Key
	case codeToken:
		return r.Token
	case codeSession:
		return r.Session
	case codeFingerprint:
		return r.Fingerprint
	case codeUserAgent:
		return CutValue(r.UserAgent)
	case codeAPI:
		return r.API
	case codeCountry:
		return r.Country
	case codeNetwork:
		return r.Network
	default:
		return ""
	}
}

// Decision is what a holder of blocks says about a request. The zero Decision
// is "let it pass".
type Decision struct {
	ID      ID
	Segment string
	Action  Action
	Terms   *Terms // nil = the action's defaults
	Mode    Mode   // Enforce or Shadow: canary has been decided
	Found   bool
	// Flag is a flag that goes with a request which passes, or is throttled
	// and may; ID 0 = none.
	Flag Mark
	// Bucket is whose tokens a throttled request takes.
	Bucket Bucket
}

// Mark names a block that flags requests.
type Mark struct {
	ID    ID
	Terms *Terms
}

// Bucket names the bucket of tokens of a throttled client. It is comparable.
type Bucket struct {
	Block ID
	// Client is invalid when one bucket is for all. Clients of IPv6 have one a
	// /64: it is the first address of it.
	Client netip.Addr
}

// Exempt tells whether the request passes whatever blocks say.
func (d Decision) Exempt() bool { return d.Found && d.Mode == Enforce && d.Action == Allow }

// Denied tells whether the request is not to reach the application. A
// throttled one may: whoever holds the buckets decides.
func (d Decision) Denied() bool { return d.Found && d.Mode == Enforce && d.Action.Refuses() }

// Throttled tells whether the request passes only with a token of its bucket.
func (d Decision) Throttled() bool { return d.Found && d.Mode == Enforce && d.Action == Throttle }

// Flagged tells whether the request goes to the backend with a header.
func (d Decision) Flagged() bool { return d.Flag.ID != 0 && !d.Denied() }

// Decider answers for a gateway about its requests: blocks, exemptions,
// buckets of tokens, and decoys. Implementations are safe for concurrent use
// and wait for nothing.
type Decider interface {
	// Decide is told of each request once: it is counted, and takes a token
	// where it is throttled. It keeps nothing of r but its strings.
	Decide(r *Request) Verdict
}

// Verdict is a Decision that has been carried through: tokens are taken, and
// a touched decoy is noted. What a gateway does:
//
//	Refused is false: let it pass, with the header of Flag where Flagged
//	Action Divert:    hand it to the decoy responder
//	Action Drop:      close the connection without an answer
//	otherwise:        answer Terms.AnswerStatus(Action) with Terms.AnswerBody
//
// and mark it with DecisionHeader's value, Mark, in its log.
type Verdict struct {
	Decision
	Refused bool // the request must not reach the application
	// RetryAfter is when a throttled client may come again.
	RetryAfter time.Duration
}

// Mark is the value of DecisionHeader: "deny 0123456789abcdef"; empty when
// there is nothing to mark.
func (v *Verdict) Mark() string {
	switch {
	case v.Refused:
		return v.Action.String() + " " + v.ID.String()
	case v.Flagged():
		return Flag.String() + " " + v.Flag.ID.String()
	default:
		return ""
	}
}
