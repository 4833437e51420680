package wire

import (
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// FindingQuery asks for findings, newest first. Zero fields ask nothing.
type FindingQuery struct {
	Slice
	Period
	Rule      string
	Family    finding.Family
	Tier      finding.Tier // this one and the more urgent ones
	Actor     finding.Actor
	Discarded *bool
}

// Finding is what was found, with everything by which it was seen.
type Finding struct {
	ID          string         `json:"id"`
	Time        time.Time      `json:"time"`
	Rule        string         `json:"rule"`
	RuleVersion string         `json:"rule_version"`
	Family      finding.Family `json:"family"`
	Tier        finding.Tier   `json:"tier"`
	Score       float64        `json:"score"`
	Actor       finding.Actor  `json:"actor"`
	Title       string         `json:"title"`
	Reason      string         `json:"reason"`
	API         string         `json:"api,omitempty"`
	Segment     string         `json:"segment,omitempty"`
	Discarded   bool           `json:"discarded"`
	BlockID     string         `json:"block_id,omitempty"` // that it caused
	Owner       string         `json:"owner,omitempty"`    // the team that answers for what was touched
	// Statistic is what a statistical finding rests on; none for others.
	Statistic *finding.Statistic `json:"statistic,omitempty"`
	Sightings []finding.Sighting `json:"sightings"`
}

// DiscardRequest says that findings like these are none. At least one of
// Actor, Rule and Path is wanted; what is given must all hold.
type DiscardRequest struct {
	Actor           string `json:"actor,omitempty"` // an address, a prefix, or KIND:VALUE
	Rule            string `json:"rule,omitempty"`
	Path            string `json:"path,omitempty"` // exact, or a beginning that ends in "*"
	Reason          string `json:"reason"`
	LifetimeSeconds int64  `json:"lifetime_seconds,omitempty"` // 0 = until removed
}

// Discard is an analyst's word that findings like these are none.
type Discard struct {
	ID        string        `json:"id"`
	Actor     finding.Actor `json:"actor,omitzero"`
	Rule      string        `json:"rule,omitempty"`
	Path      string        `json:"path,omitempty"` // exact, or a beginning that ends in "*"
	Reason    string        `json:"reason"`
	By        string        `json:"by"`
	At        time.Time     `json:"at"`
	ExpiresAt time.Time     `json:"expires_at,omitzero"` // none = until it is removed
}

// DiscardFinding is the body of a finding's discard.
type DiscardFinding struct {
	Reason          string `json:"reason"`
	LifetimeSeconds int64  `json:"lifetime_seconds,omitempty"`
}

// Actor is somebody about whom evidence is kept, as it stands.
type Actor struct {
	Kind      finding.ActorKind `json:"kind"`
	Value     string            `json:"value"`
	Tier      string            `json:"tier"` // of finding.Tier, or "none": nothing is going on
	Reasons   []string          `json:"reasons"`
	Families  []finding.Family  `json:"families"`
	Risk      float64           `json:"risk"`     // what the evidence comes to, 0..1
	Findings  int               `json:"findings"` // how many
	FirstSeen time.Time         `json:"first_seen"`
	LastSeen  time.Time         `json:"last_seen"`
	BlockIDs  []block.ID        `json:"block_ids"` // its latest blocks, live or over
}

// ActorDetail is an actor with the latest evidence, oldest first.
type ActorDetail struct {
	Actor
	Evidence []finding.Finding `json:"evidence"`
}

// AuditQuery asks for what people did, newest first.
type AuditQuery struct {
	Slice
	Period
	Who     string
	Action  string
	Subject string
}

// AuditEntry is one thing that somebody did, or was refused.
type AuditEntry struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	Who     string    `json:"who"`
	Role    string    `json:"role,omitempty"`
	Address string    `json:"address,omitempty"`
	Action  string    `json:"action"`
	Subject string    `json:"subject"`
	Detail  string    `json:"detail,omitempty"` // JSON
	Outcome string    `json:"outcome"`
}
