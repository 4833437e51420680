package finding

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// Family groups rules whose evidence is not independent of each other.
type Family string

// The families that honeymoat itself ships.
const (
	Decoy  Family = "decoy"  // a decoy was touched
	Intel  Family = "intel"  // a threat feed lists the client
	Rule   Family = "rule"   // a rule that names no family: evidence beside others, never another kind
	Health Family = "health" // honeymoat itself is not well
)

// The families of what baselines and behaviour tell. Those of actors are those
// of the shipped rules that mean the same, so that a rule and a statistic about
// one thing are one kind of evidence.
const (
	Volume       Family = "volume"       // more or less than there should be
	Errors       Family = "errors"       // answers that fail
	Latency      Family = "latency"      // answers that take long
	Silence      Family = "silence"      // what was regular and has stopped
	Format       Family = "format"       // shapes of requests and answers that should not be
	Novelty      Family = "novelty"      // what was never done before
	Object       Family = "object"       // objects of others
	Credential   Family = "credential"   // guessing who may come in
	Tokens       Family = "token"        // one token in several hands
	Scraping     Family = "scraping"     // all there is, page by page
	Exfiltration Family = "exfiltration" // more data than anybody needs
	Automation   Family = "automation"   // a program where people are expected
)

// Finding is one thing that was found. Its ID is deterministic: the same
// records give the same finding however often they are read.
type Finding struct {
	ID          string    `json:"id"`           // 32 hex digits, see NewID
	Time        time.Time `json:"time"`         // of the record, not of reading it
	Rule        string    `json:"rule"`         // stable id, "decoy.env-file"
	RuleVersion string    `json:"rule_version"` // changes when the rule does
	Family      Family    `json:"family"`
	Tier        Tier      `json:"tier"`  // what this alone deserves; the actor's tier is respond's
	Score       float64   `json:"score"` // 0..1, high is worse
	Actor       Actor     `json:"actor"`
	Title       string    `json:"title"`  // one line for people
	Reason      string    `json:"reason"` // why, with what was seen
	API         string    `json:"api,omitempty"`
	Segment     string    `json:"segment,omitempty"` // where a block is asked for; empty is everywhere
	Sighting    Sighting  `json:"sighting"`
	Wanted      Wanted    `json:"wanted"`
	// Principal is who the record says was behind the actor, where that is an
	// address: whom a block is narrowed to if many share it. Zero = unknown.
	Principal Actor `json:"principal,omitzero"`
	// Names are what agents call actor and principal, where those are users,
	// keys, tokens or sessions: hashes that a segment's agents can match.
	Names []Name `json:"names,omitempty"`
	// Owner is the team that answers for what was touched, by the tag of its
	// endpoint "owner:TEAM"; "" = nobody is named.
	Owner string `json:"owner,omitempty"`
	// Statistic is what a statistical finding rests on; nil for others.
	Statistic *Statistic `json:"statistic,omitempty"`
	// Repeats are further records of the same batch by which the same rule
	// found the same actor: they are counted here instead of being findings.
	Repeats int64 `json:"repeats,omitempty"`
}

// Via is through what a sighting reached us.
type Via string

const (
	ViaAccess Via = "access" // the gateway's access log
	ViaDecoy  Via = "decoy"  // the decoy responder's log
	ViaAgent  Via = "agent"  // an agent in the request path
)

// Sighting is one observation of what was found. Several of one touch (by
// agent, access log and decoy log) share the finding's ID.
type Sighting struct {
	Via       Via    `json:"via"`
	Record    string `json:"record,omitempty"` // event id; empty when there is no log line
	Source    string `json:"source,omitempty"`
	Gateway   string `json:"gateway,omitempty"`
	File      string `json:"file,omitempty"` // path, for people
	Line      int64  `json:"line,omitempty"` // 1-based
	RequestID string `json:"request_id,omitempty"`
	Method    string `json:"method,omitempty"`
	Host      string `json:"host,omitempty"`
	Path      string `json:"path,omitempty"`
	Status    int64  `json:"status,omitempty"`
	UserAgent string `json:"user_agent,omitempty"`
}

// Name is what the agents of a segment call a principal.
type Name struct {
	Actor   Actor  `json:"actor"`
	Segment string `json:"segment"`
	Value   string `json:"value"` // block.MatchKey.Hash of it
}

// Wanted is the block that a rule asks for. The zero value asks for none.
type Wanted struct {
	LifetimeSeconds int64 `json:"lifetime_seconds,omitempty"` // 0 = no block
	Shadow          bool  `json:"shadow,omitempty"`           // recorded, not enforced
	// Rollout has the block's mode decided by how far the rule's version has
	// come in its rollout.
	Rollout bool `json:"rollout,omitempty"`
	// Scope is what is blocked, of the record's: "" = the actor; else one of
	// the names of block's scopes, several with "+" between them.
	Scope string `json:"scope,omitempty"`
	// Target is that block's target as text, for a Scope other than the
	// actor's: secrets in it by the names of Names.
	Target string  `json:"target,omitempty"`
	Action string  `json:"action,omitempty"` // one of the names of block's actions; "" = deny
	Status int     `json:"status,omitempty"` // of the answer; 0 = the action's default
	Header string  `json:"header,omitempty"` // flag: the header to the backend
	Value  string  `json:"value,omitempty"`  // flag: its value
	Rate   float64 `json:"rate,omitempty"`   // throttle: requests a second
	Burst  int     `json:"burst,omitempty"`  // throttle: requests at once
}

// NewID makes a finding's id from what identifies it: the rule and its
// version, the actor, and the record or window. Order matters.
func NewID(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		_, _ = h.Write([]byte(p))
		_, _ = h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
