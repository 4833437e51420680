package respond

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Events in the life of a block, as the block log has them.
const (
	EventAdded     = "added"
	EventRefused   = "refused"   // by the guard
	EventExpired   = "expired"   // its time was up
	EventRemoved   = "removed"   // by somebody
	EventReplaced  = "replaced"  // by another block on the same target
	EventConfirmed = "confirmed" // an agent's provisional refusal became a block
	EventWithdrawn = "withdrawn" // an agent's provisional refusal was taken back
	EventPending   = "pending"   // waits for a second person
	EventRejected  = "rejected"  // by the second person
	EventLapsed    = "lapsed"    // nobody came to approve it
	EventStaged    = "staged"    // its rule's rollout has moved: it does more, or less
)

// findingRow is a row of the table of findings: one sighting of one finding.
type findingRow struct {
	ID          string         `json:"id"`
	Sighting    string         `json:"sighting"`
	Time        time.Time      `json:"time"`
	Rule        string         `json:"rule"`
	RuleVersion string         `json:"rule_version"`
	Family      finding.Family `json:"family"`
	Tier        finding.Tier   `json:"tier"`
	Score       float64        `json:"score"`
	ActorKind   string         `json:"actor_kind"`
	Actor       string         `json:"actor"`
	Title       string         `json:"title"`
	Reason      string         `json:"reason"`
	API         string         `json:"api"`
	Segment     string         `json:"segment"`
	Via         finding.Via    `json:"via"`
	Record      string         `json:"record"`
	Source      string         `json:"source"`
	Gateway     string         `json:"gateway"`
	File        string         `json:"file"`
	Line        int64          `json:"line"`
	RequestID   string         `json:"request_id"`
	Method      string         `json:"method"`
	Host        string         `json:"host"`
	Path        string         `json:"path"`
	Status      int64          `json:"status"`
	UserAgent   string         `json:"user_agent"`
	Repeats     int64          `json:"repeats"`
	Discarded   bool           `json:"discarded"`
	BlockID     string         `json:"block_id"`
	Owner       string         `json:"owner"`
	statisticRow
}

// statisticRow is what a finding rests on, if that is a statistic. Numbers that
// are none are left out, and null in the store.
type statisticRow struct {
	Shape       finding.Shape `json:"shape"`
	Series      string        `json:"series"`
	Unit        string        `json:"unit"`
	Expected    *float64      `json:"expected,omitempty"`
	Seen        *float64      `json:"seen,omitempty"`
	Lower       *float64      `json:"lower,omitempty"`
	Upper       *float64      `json:"upper,omitempty"`
	Since       *time.Time    `json:"since,omitempty"`
	Until       *time.Time    `json:"until,omitempty"`
	Probability *float64      `json:"probability,omitempty"`
	Parts       string        `json:"parts"` // JSON; empty = none
}

func rowOfStatistic(s *finding.Statistic) statisticRow {
	if s == nil {
		return statisticRow{}
	}
	return statisticRow{
		Shape: s.Shape, Series: s.Series, Unit: s.Unit, Expected: numberOf(s.Expected), Seen: numberOf(s.Seen),
		Lower: numberOf(s.Lower), Upper: numberOf(s.Upper), Since: timeOf(s.Since), Until: timeOf(s.Until),
		Probability: numberOf(s.Probability), Parts: partsText(s.Parts),
	}
}

// numberOf is a number that JSON can write, or nil.
func numberOf(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

func timeOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func partsText(parts []finding.Part) string {
	if len(parts) == 0 {
		return ""
	}
	text, err := json.Marshal(parts)
	if err != nil { // a share that is no number, which nobody can draw
		return ""
	}
	return string(text)
}

// rowOfFinding writes a sighting. The sighting's identity is through what it
// came, from which record, or from which agent.
func rowOfFinding(e *Evidence, discarded bool, made block.ID) findingRow {
	f, s := &e.Finding, &e.Finding.Sighting
	return findingRow{
		ID: f.ID, Sighting: finding.NewID(string(s.Via), s.Record, e.Agent)[:16], Time: f.Time.UTC(), Rule: f.Rule,
		RuleVersion: f.RuleVersion, Family: f.Family, Tier: f.Tier, Score: f.Score, ActorKind: string(f.Actor.Kind),
		Actor: f.Actor.Value, Title: f.Title, Reason: f.Reason, API: f.API, Segment: f.Segment, Via: s.Via, Record: s.Record,
		Source: s.Source, Gateway: s.Gateway, File: s.File, Line: max(0, s.Line), RequestID: s.RequestID, Method: s.Method,
		Host: s.Host, Path: s.Path, Status: s.Status, UserAgent: s.UserAgent,
		Repeats: f.Repeats, Discarded: discarded, BlockID: idText(made), Owner: f.Owner, statisticRow: rowOfStatistic(f.Statistic),
	}
}

// actorRow is a row of the table of actors: one after a change.
type actorRow struct {
	ID        string           `json:"id"`
	Kind      string           `json:"kind"`
	Value     string           `json:"value"`
	At        time.Time        `json:"at"`
	Tier      string           `json:"tier"`
	Reasons   []string         `json:"reasons"`
	Families  []finding.Family `json:"families"`
	Findings  int              `json:"findings"`
	FirstSeen time.Time        `json:"first_seen"`
	LastSeen  time.Time        `json:"last_seen"`
	BlockID   string           `json:"block_id"`
	Risk      float64          `json:"risk"`
}

func (l *Ledger) rowOfActor(a *Actor, now time.Time) actorRow {
	return actorRow{
		ID: a.Actor.String(), Kind: string(a.Actor.Kind), Value: a.Actor.Value, At: now.UTC(), Tier: a.Tier.String(),
		Reasons: append([]string{}, a.Reasons...), Families: append([]finding.Family{}, a.Families...), Findings: a.Findings,
		FirstSeen: a.FirstSeen.UTC(), LastSeen: a.LastSeen.UTC(), BlockID: idText(l.liveBlock(a)),
		Risk: l.risk(a, now),
	}
}

// blockRow is a row of the block log.
type blockRow struct {
	ID              string    `json:"id"`
	BlockID         string    `json:"block_id"`
	At              time.Time `json:"at"`
	Event           string    `json:"event"`
	Segment         string    `json:"segment"`
	Scope           string    `json:"scope"`
	Target          string    `json:"target"`
	Action          string    `json:"action"`
	Mode            string    `json:"mode"`
	LifetimeSeconds int64     `json:"lifetime_seconds"`
	Reason          string    `json:"reason"`
	Rule            string    `json:"rule"`
	RuleVersion     string    `json:"rule_version"`
	Findings        []string  `json:"findings"`
	By              string    `json:"by"`
	ApprovedBy      string    `json:"approved_by"`
	Revision        uint64    `json:"revision"`
	Denied          uint64    `json:"denied"`
	Terms           string    `json:"terms"` // JSON; empty = the action's defaults
	Percent         uint8     `json:"percent"`
	Batch           string    `json:"batch"`
	Repeat          int       `json:"repeat"`
}

// rowOfBlock writes an event in the life of a block. Its id is made of block
// and event, so that an event told twice is one row; at is the same then, too.
func rowOfBlock(b *block.Block, event string, at time.Time) blockRow {
	return blockRow{
		ID: finding.NewID("block", b.ID.String(), event, fmt.Sprint(b.Revision)), BlockID: b.ID.String(), At: at.UTC(), Event: event,
		Segment: b.Segment, Scope: string(b.Target.Scope()), Target: b.Target.String(), Action: b.Action.String(), Mode: b.Mode.String(),
		LifetimeSeconds: b.LifetimeSeconds, Reason: b.Reason, Rule: b.Rule, RuleVersion: b.RuleVersion,
		Findings: append([]string{}, b.Findings...), By: b.By, ApprovedBy: b.ApprovedBy, Revision: b.Revision,
		Terms: termsText(b.Terms), Percent: b.Percent, Batch: b.Batch, Repeat: b.Repeat,
	}
}

func termsText(t *block.Terms) string {
	if t == nil {
		return ""
	}
	text, err := json.Marshal(t)
	if err != nil { // a rate that is no number, which no valid block has
		return ""
	}
	return string(text)
}

func rowOfEnded(e *Ended) blockRow {
	row := rowOfBlock(&e.Block, e.How, e.At)
	row.Denied = e.Denied
	if e.Reason != "" {
		row.Reason = e.Reason
	}
	if e.By != "" {
		row.By = e.By
	}
	return row
}

// auditRow is a row of the audit.
type auditRow struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	Who     string    `json:"who"`
	Role    string    `json:"role"`
	Address string    `json:"address"`
	Action  string    `json:"action"`
	Subject string    `json:"subject"`
	Detail  string    `json:"detail"` // JSON
	Outcome string    `json:"outcome"`
}

func rowOfAudit(by Caller, action, subject, outcome string, detail any, now time.Time, n uint64) auditRow {
	text, err := json.Marshal(detail)
	if err != nil {
		text = []byte(`"no JSON"`)
	}
	row := auditRow{At: now.UTC(), Who: by.Name, Role: by.Role, Action: action, Subject: subject, Detail: string(text), Outcome: outcome}
	if by.Address.IsValid() {
		row.Address = by.Address.String()
	}
	row.ID = finding.NewID("audit", row.Who, row.Action, row.Subject, row.Outcome, fmt.Sprint(now.UnixNano(), n))
	return row
}

func idText(id block.ID) string {
	if id == 0 {
		return ""
	}
	return id.String()
}
