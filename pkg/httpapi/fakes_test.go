package httpapi

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/honeymoat/honeymoat/pkg/auth"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/evidence"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/ingest"
	"github.com/honeymoat/honeymoat/pkg/respond"
	"github.com/honeymoat/honeymoat/pkg/rollout"
)

// fakeHistory answers everything with its one example of each, or err.
type fakeHistory struct {
	err     error
	asked   any               // the last question
	target  []block.Criterion // of the last preview
	missing bool
}

func answer[T any](h *fakeHistory, q any, v T) (wire.Page[T], error) {
	h.asked = q
	if h.err != nil {
		return wire.Page[T]{}, h.err
	}
	if h.missing {
		return wire.Page[T]{}, nil
	}
	return wire.Page[T]{Items: []T{v}, Next: "more"}, nil
}

func single[T any](h *fakeHistory, v T) (T, error) {
	if h.missing {
		return v, respond.ErrNotFound
	}
	return v, h.err
}

func (h *fakeHistory) Events(_ context.Context, q wire.EventQuery) (wire.Page[wire.Event], error) {
	return answer(h, q, exampleEvent())
}

func (h *fakeHistory) Event(context.Context, string) (wire.Event, error) {
	return single(h, exampleEvent())
}

func (h *fakeHistory) Findings(_ context.Context, q wire.FindingQuery) (wire.Page[wire.Finding], error) {
	return answer(h, q, exampleStoredFinding())
}

func (h *fakeHistory) Finding(context.Context, string) (wire.Finding, error) {
	return single(h, exampleStoredFinding())
}

func (h *fakeHistory) Quarantine(_ context.Context, q wire.QuarantineQuery) (wire.Page[wire.Quarantined], error) {
	return answer(h, q, exampleQuarantined())
}

func (h *fakeHistory) Quarantined(context.Context, string) (wire.Quarantined, error) {
	return single(h, exampleQuarantined())
}

func (h *fakeHistory) QuarantineSize(context.Context) (int64, error) { return 17, h.err }

func (h *fakeHistory) RuleHits(_ context.Context, p wire.Period) (map[string]wire.RuleHits, error) {
	h.asked = p
	last := noon
	return map[string]wire.RuleHits{"rule-1": {Findings: 2, Sightings: 3, Actors: 1, LastSeen: &last}}, h.err
}

func (h *fakeHistory) ActorLinks(_ context.Context, a finding.Actor, p wire.Period) (wire.ActorLinks, error) {
	h.asked = p
	other := finding.Actor{Kind: finding.Token, Value: "k1:sesame"}
	return wire.ActorLinks{
		Actor: a, Since: p.Since, Until: p.Until,
		Links:  []wire.Link{{Actor: other, Requests: 7, FirstSeen: noon, LastSeen: noon, Others: 2}},
		Linked: []wire.LinkedActor{{Actor: finding.Actor{Kind: a.Kind, Value: "192.0.2.2"}, Through: []finding.Actor{other}, Requests: 3, FirstSeen: noon, LastSeen: noon}, {Actor: other}},
	}, h.err
}

func (h *fakeHistory) SimilarActors(_ context.Context, a finding.Actor, p wire.Period, limit int) (wire.SimilarActors, error) {
	h.asked = limit
	return wire.SimilarActors{
		Actor: a, Since: p.Since, Until: p.Until, Requests: 9, Compared: 30,
		Similar: []wire.SimilarActor{{
			Actor: finding.Actor{Kind: a.Kind, Value: "192.0.2.2"}, Likeness: 0.9, Requests: 8,
			Parts: []wire.LikenessPart{{Aspect: "paths", Likeness: 0.9, Share: 1, Common: "/admin/#/setup.php"}},
		}},
	}, h.err
}

func exampleQuarantined() wire.Quarantined {
	return wire.Quarantined{
		ID: "00c5a0f1e2d3b4a5-10", Received: noon, Agent: "gw-1", Source: "web", Gateway: "edge", Format: "combined",
		FilePath: "/var/log/nginx/access.log", Line: 7, Offset: 10, Length: 12, Reason: "no closing quote in request", Excerpt: "GET /",
	}
}

// fakeRetries has one retry, number 3.
type fakeRetries struct {
	err   error
	asked block.RetryRequest
	by    string
	after uint64
	told  block.RetryResult
	agent string
}

func exampleRetry() block.Retry {
	return block.Retry{Number: 3, Source: "web", At: noon, By: "token:ana", Hosts: []block.HostRetry{
		block.HostRetryOf(block.ServiceHost, block.RetryResult{Number: 3, Done: true, Tried: 5, Parsed: 3, Failed: 2, Reasons: map[string]int{"no time": 2}}),
		block.HostRetryOf("gw-1", block.RetryResult{}),
	}}
}

func (r *fakeRetries) Ask(_ context.Context, by string, q block.RetryRequest) (block.Retry, error) {
	r.by, r.asked = by, q
	return exampleRetry(), r.err
}

func (r *fakeRetries) Get(number uint64) (block.Retry, error) {
	if number != 3 {
		return block.Retry{}, respond.ErrNotFound
	}
	return exampleRetry(), nil
}

func (r *fakeRetries) Orders(agent string, after uint64) []block.RetryOrder {
	r.agent, r.after = agent, after
	if after >= 3 {
		return nil
	}
	return []block.RetryOrder{{Number: 3, Source: "web"}}
}

func (r *fakeRetries) Retried(_ context.Context, agent string, told block.RetryResult) error {
	r.agent, r.told = agent, told
	return r.err
}

func (h *fakeHistory) Audit(_ context.Context, q wire.AuditQuery) (wire.Page[wire.AuditEntry], error) {
	return answer(h, q, wire.AuditEntry(exampleAudit()))
}

func (h *fakeHistory) BlockLog(context.Context, block.ID) ([]wire.BlockLogEntry, error) {
	if h.missing || h.err != nil {
		return nil, h.err
	}
	return []wire.BlockLogEntry{{
		At: noon, Event: "added", BlockID: exampleBlock(1).ID.String(), Segment: block.All, Target: "192.0.2.1",
		Reason: "probe", By: "token:ana", Denied: 3,
	}}, nil
}

func (h *fakeHistory) Preview(_ context.Context, target []block.Criterion, p wire.Period) (wire.Preview, error) {
	h.asked, h.target = p, target
	return wire.Preview{
		Since: p.Since, Until: p.Until, Requests: 10, Successful: 4, Clients: 2, Principals: 1,
		Routes: []wire.PreviewRoute{{Host: "shop.example", Route: "/cart", Requests: 10, Successful: 4}},
	}, h.err
}

// fakeOperator remembers what it was told.
type fakeOperator struct {
	err         error
	missing     bool
	caller      respond.Caller
	added       respond.AddBlock
	bulk        respond.Bulk
	refuse      map[string]error  // by target
	pending     *respond.Approval // what is asked for waits for it
	first       *block.Block      // what the first request with the key has made
	approvals   []respond.Approval
	rollouts    []rollout.Logic
	complaint   respond.Complaint
	question    respond.Question
	discard     respond.AddDiscard
	kept        respond.AddKeep
	feedback    []evidence.Opinion
	tiers       []evidence.Rule
	reason      string
	touched     finding.Finding
	by          string   // the agent of the touch
	audited     []string // actions
	auditedText string   // action and subject, one a line
	discards    []respond.Discard
	actors      []respond.Actor
	ended       *respond.Ended
	warnings    []string
}

func (o *fakeOperator) AddBlock(_ context.Context, by respond.Caller, r respond.AddBlock) (respond.Added, error) {
	o.caller, o.added = by, r
	a := respond.Added{Block: blockOf(r), Created: !r.DryRun, Ruling: respond.Ruling{Word: respond.Allowed, Impact: &respond.Day{Requests: 9, Successful: 3, Principals: 1}}}
	a.Ruling.Warnings = o.warnings
	if o.pending != nil {
		a.Created, a.Approval, a.Block.Revision = false, o.pending, 0
		a.Ruling = respond.Ruling{Word: respond.NeedsApproval, Because: o.pending.Because}
	}
	if o.first != nil {
		a.Block, a.Created = *o.first, false
	}
	return a, o.err
}

// blockOf is the block that is asked for, under a match key of its own.
func blockOf(r respond.AddBlock) block.Block {
	b := exampleBlock(1)
	criteria := slices.Clone(r.Criteria)
	for i, c := range criteria {
		if c.Scope.Secret() && !block.IsMatched(c.Value) {
			criteria[i].Value = block.NewMatchKey([32]byte{7}).Hash(c.Scope, c.Value)
		}
	}
	b.Target, _ = block.NewTarget(criteria...)
	if r.Action == block.Allow {
		b.Target = b.Target.Exempt()
	}
	b.Segment, b.Action, b.Terms, b.Mode, b.Percent, b.Reason = r.Segment, r.Action, r.Terms, r.Mode, r.Percent, r.Reason
	b.LifetimeSeconds = int64(r.Lifetime / time.Second)
	return b
}

// AddBlocks refuses what o.refuse names, and has the rest made.
func (o *fakeOperator) AddBlocks(_ context.Context, by respond.Caller, r respond.Bulk) (respond.BulkResult, error) {
	o.caller, o.bulk = by, r
	result := respond.BulkResult{Batch: "00000000000000ba", Approval: o.pending}
	for _, item := range r.Items {
		done := respond.BulkItem{Added: respond.Added{Block: blockOf(item), Created: !r.DryRun}}
		if done.Err = o.refuse[done.Block.Target.String()]; done.Err != nil {
			done.Created = false
			result.Failed++
		} else if o.pending != nil {
			done.Created, done.Approval, done.Block.Revision = false, o.pending, 0
			done.Ruling = respond.Ruling{Word: respond.NeedsApproval, Because: o.pending.Because}
		}
		if done.Created {
			result.Created++
		}
		result.Items = append(result.Items, done)
	}
	return result, o.err
}

func (o *fakeOperator) UndoBatch(_ context.Context, by respond.Caller, batch, reason string) (respond.Undone, error) {
	o.caller, o.reason = by, reason
	if o.missing {
		return respond.Undone{}, respond.ErrNotFound
	}
	return respond.Undone{Batch: batch, Removed: []block.Block{exampleBlock(1)}}, o.err
}

func (o *fakeOperator) Breaker() respond.Breaker {
	return respond.Breaker{Held: true, Since: noon, Reason: "a storm", Limit: 6000, Asked: 7000}
}

func (o *fakeOperator) Resume(_ context.Context, by respond.Caller, reason string) (respond.Breaker, error) {
	o.caller, o.reason = by, reason
	if o.missing {
		return respond.Breaker{}, respond.ErrNotFound
	}
	return respond.Breaker{Limit: 6000}, o.err
}

func (o *fakeOperator) Approvals() []respond.Approval { return o.approvals }

func (o *fakeOperator) Approve(_ context.Context, by respond.Caller, r respond.Approving) (respond.BulkResult, error) {
	o.caller, o.reason = by, r.Reason
	for _, a := range o.approvals {
		if a.ID == r.ID && r.Revision != "" && r.Revision != a.Revision {
			return respond.BulkResult{}, &respond.Grown{Approval: a, Changed: []string{"it would drop in mode enforce, and not deny in mode enforce"}}
		}
		if a.ID == r.ID {
			item := respond.BulkItem{Added: respond.Added{Block: a.Blocks[0], Created: true}}
			return respond.BulkResult{Items: []respond.BulkItem{item}, Created: 1}, o.err
		}
	}
	return respond.BulkResult{}, respond.ErrNotFound
}

func (o *fakeOperator) Reject(_ context.Context, by respond.Caller, id, reason string) (respond.Approval, error) {
	o.caller, o.reason = by, reason
	for _, a := range o.approvals {
		if a.ID == id {
			return a, o.err
		}
	}
	return respond.Approval{}, respond.ErrNotFound
}

func (o *fakeOperator) Rollouts() []rollout.Logic { return o.rollouts }

func (o *fakeOperator) CommandRollout(_ context.Context, by respond.Caller, rule, version, verb, reason string) (rollout.Logic, error) {
	o.caller, o.reason = by, reason
	for _, l := range o.rollouts {
		if l.Rule == rule && l.Version == version {
			if !slices.Contains(rollout.Verbs(), verb) {
				return l, respond.ErrInvalid
			}
			return l, o.err
		}
	}
	return rollout.Logic{}, respond.ErrNotFound
}

func (o *fakeOperator) Complain(_ context.Context, by respond.Caller, c respond.Complaint) (block.Block, error) {
	o.caller, o.complaint = by, c
	if c.Block != exampleBlock(1).ID {
		return block.Block{}, respond.ErrNotFound
	}
	return exampleBlock(1), o.err
}

func (o *fakeOperator) RemoveBlock(_ context.Context, by respond.Caller, _ block.ID, reason string) (block.Block, error) {
	o.caller, o.reason = by, reason
	if o.missing {
		return block.Block{}, respond.ErrNotFound
	}
	return exampleBlock(1), o.err
}

func (o *fakeOperator) Find(id block.ID) (respond.Held, *respond.Ended, error) {
	if o.missing || id != exampleBlock(1).ID {
		return respond.Held{}, nil, respond.ErrNotFound
	}
	return respond.Held{Block: exampleBlock(1), Denied: 3}, o.ended, nil
}

func (o *fakeOperator) EndedBlocks() []block.Block { return []block.Block{exampleEnded().Block} }

func (o *fakeOperator) Why(q respond.Question) (respond.Explanation, error) {
	o.question = q
	if o.missing {
		return respond.Explanation{Refusal: &respond.Refusal{Rule: "allowlist", Reason: "it is allowed"}}, nil
	}
	actor := exampleActor("192.0.2.1")
	return respond.Explanation{
		Blocks: []respond.Covering{{Held: respond.Held{Block: exampleBlock(1), Denied: 3}}}, Ended: []respond.Ended{exampleEnded()},
		Actor: &actor, Audit: []respond.AuditEntry{exampleAudit()}, Discards: []respond.Discard{exampleDiscard("d1")},
		Unmade: []respond.Unmade{{
			Target: exampleBlock(2).Target, Segment: block.All, Rule: "decoy.env-file", Actor: actor.Actor, Finding: "f1", Found: noon, Since: noon, At: noon, Times: 2,
			Because: respond.Refusal{Rule: "preview", Reason: "it would hit many", Hint: "block less"}, Approval: "00000000000000a1",
		}},
	}, o.err
}

func (o *fakeOperator) Actors() []respond.Actor { return o.actors }

func (o *fakeOperator) Actor(a finding.Actor) (respond.Actor, error) {
	for _, have := range o.actors {
		if have.Actor == a {
			return have, nil
		}
	}
	return respond.Actor{}, respond.ErrNotFound
}

func (o *fakeOperator) Discard(_ context.Context, by respond.Caller, r respond.AddDiscard) (respond.Discard, error) {
	o.caller, o.discard = by, r
	return exampleDiscard("d9"), o.err
}

func (o *fakeOperator) DiscardFinding(_ context.Context, by respond.Caller, _, reason string, _ time.Duration) (respond.Discard, error) {
	o.caller, o.reason = by, reason
	if o.missing {
		return respond.Discard{}, respond.ErrNotFound
	}
	return exampleDiscard("d9"), o.err
}

func (o *fakeOperator) Discards() []respond.Discard { return o.discards }

func (o *fakeOperator) RemoveDiscard(_ context.Context, by respond.Caller, _ string) error {
	o.caller = by
	if o.missing {
		return respond.ErrNotFound
	}
	return o.err
}

func (o *fakeOperator) Explain(a finding.Actor) (respond.Explained, error) {
	e := exampleExplained()
	if a != e.Actor {
		return respond.Explained{}, respond.ErrNotFound
	}
	return e, nil
}

// Keep knows no finding by itself while something is missing.
func (o *fakeOperator) Keep(_ context.Context, by respond.Caller, r respond.AddKeep) (evidence.Vote, error) {
	o.caller, o.kept = by, r
	if o.missing && r.Rule == "" {
		return evidence.Vote{}, respond.ErrNotFound
	}
	return exampleVote(), o.err
}

func (o *fakeOperator) RemoveKeep(_ context.Context, by respond.Caller, _ string) error {
	o.caller = by
	if o.missing {
		return respond.ErrNotFound
	}
	return o.err
}

func (o *fakeOperator) Feedback() []evidence.Opinion { return o.feedback }

func (o *fakeOperator) Tiers() *evidence.Policy {
	policy, err := evidence.NewPolicy(evidence.NewScale(evidence.Options{}), o.tiers)
	if err != nil {
		panic(err)
	}
	return policy
}

func (o *fakeOperator) Touch(_ context.Context, agent string, f finding.Finding) error {
	o.by, o.touched = agent, f
	return o.err
}

func (o *fakeOperator) Audited(ctx context.Context, by respond.Caller, action, subject, _ string, _ any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	o.caller = by
	o.audited = append(o.audited, action)
	o.auditedText += action + " " + subject + "\n"
	return o.err
}

type fakeBlocks struct {
	blocks  []block.Block
	changed chan struct{}
}

// Since gives all blocks always.
func (b *fakeBlocks) Since(uint64) (edits []block.Edit, next uint64, reset bool) {
	for i := range b.blocks {
		edits = append(edits, block.Edit{Cursor: uint64(i + 1), Block: &b.blocks[i]})
	}
	return edits, uint64(len(b.blocks)), true
}

func (b *fakeBlocks) Freed() []block.Block { return nil }

func (b *fakeBlocks) Changed() <-chan struct{} { return b.changed }

func (b *fakeBlocks) List() []block.Block { return b.blocks }

func (b *fakeBlocks) Versions() map[string]block.Version {
	return map[string]block.Version{block.All: {Revision: 9, Count: len(b.blocks), Hash: 12}}
}

// fakeAgents is a registry of one agent.
type fakeAgents struct {
	err      error
	agents   []block.Agent
	secrets  map[string]auth.Digest
	tokens   map[auth.Digest]Enrolment
	reported block.Report
	slow     bool // it never enforces what is waited for
	awaited  []string
}

func (a *fakeAgents) Agents(context.Context) ([]block.Agent, error) { return a.agents, a.err }

func (a *fakeAgents) Authenticate(name, secret string) (block.Agent, bool) {
	for _, have := range a.agents {
		if have.Name == name && a.secrets[name].Matches(secret) {
			return have, true
		}
	}
	return block.Agent{}, false
}

func (a *fakeAgents) CreateEnrolment(_ context.Context, token auth.Digest, e Enrolment) error {
	if a.err == nil {
		a.tokens[token] = e
	}
	return a.err
}

func (a *fakeAgents) Enrol(_ context.Context, token, secret auth.Digest, name string) (block.Agent, error) {
	e, ok := a.tokens[token]
	if a.err != nil {
		return block.Agent{}, a.err
	}
	if !ok {
		return block.Agent{}, respond.ErrNotFound
	}
	delete(a.tokens, token)
	made := block.Agent{Name: name, Gateway: e.Gateway, Segments: append([]string{block.All}, e.Segments...), EnrolledAt: noon, EnrolledBy: e.By}
	a.agents = append(a.agents, made)
	a.secrets[name] = secret
	return made, nil
}

func (a *fakeAgents) Revoke(_ context.Context, name string) error {
	for i := range a.agents {
		if a.agents[i].Name == name {
			a.agents[i].Revoked = true
			return a.err
		}
	}
	return respond.ErrNotFound
}

func (a *fakeAgents) AwaitEnforced(ctx context.Context, segment string, revision uint64) []block.Acknowledgement {
	a.awaited = append(a.awaited, fmt.Sprint(segment, " ", revision))
	if a.slow {
		<-ctx.Done()
	}
	return []block.Acknowledgement{{Agent: "gw-1", Enforced: !a.slow, Millis: 1.5}}
}

func (a *fakeAgents) Report(_ context.Context, r block.Report) error {
	a.reported = r
	return a.err
}

// fakePublisher is the bus for one agent.
type fakePublisher struct {
	err     error
	shipper string
	after   uint64
	rows    int
}

func (p *fakePublisher) Last(context.Context, string, string) (ingest.Mark, error) {
	return ingest.Mark{Sequence: 7, End: event.Position{Offset: 100, Line: 4}}, p.err
}

func (p *fakePublisher) Publish(_ context.Context, b *event.Batch, after uint64) (uint64, error) {
	p.shipper, p.after, p.rows = b.Shipper, after, b.Rows()
	return after + 1, p.err
}

// fakeFeed calls follow, or waits for the end.
type fakeFeed struct {
	mu     sync.Mutex
	follow func(ctx context.Context, agent string, have map[string]block.Version, f block.Follower) error
}

func (f *fakeFeed) set(follow func(ctx context.Context, agent string, have map[string]block.Version, f block.Follower) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.follow = follow
}

func (f *fakeFeed) Follow(ctx context.Context, agent string, have map[string]block.Version, to block.Follower) error {
	f.mu.Lock()
	follow := f.follow
	f.mu.Unlock()
	if follow != nil {
		return follow(ctx, agent, have, to)
	}
	return nil
}
