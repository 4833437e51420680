package block

import (
	"net/netip"
	"time"
)

// Request is what a gateway tells of a request, as far as blocks are about it.
// What is empty is not known, and matches no block that asks for it. Users,
// keys, tokens and sessions are as the client presented them: the set knows
// them by keyed hashes only.
type Request struct {
	Client      netip.Addr // as the gateway found it through its trusted hops
	Method      string
	Host        string
	Path        string // without the query, as requested
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

// value is what the request says for a scope other than address and prefix.
func (r *Request) value(s Scope) string {
	switch s {
	case ScopeUser:
		return r.User
	case ScopeApplication:
		return r.Application
	case ScopeKey:
		return r.Key
	case ScopeToken:
		return r.Token
	case ScopeSession:
		return r.Session
	case ScopeFingerprint:
		return r.Fingerprint
	case ScopeUserAgent:
		return r.UserAgent
	case ScopeAPI:
		return r.API
	case ScopeCountry:
		return r.Country
	case ScopeNetwork:
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

	specific uint16 // of its target
}

// Mark names a block that flags requests.
type Mark struct {
	ID    ID
	Terms *Terms
}

// Bucket names the bucket of tokens of a throttled client. It is comparable.
type Bucket struct {
	Block  ID
	Client netip.Addr // invalid when one bucket is for all
}

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
	// where it is throttled.
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
