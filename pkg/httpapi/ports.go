package httpapi

import (
	"context"
	"time"

	"github.com/honeymoat/honeymoat/pkg/auth"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/erase"
	"github.com/honeymoat/honeymoat/pkg/evidence"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/respond"
	"github.com/honeymoat/honeymoat/pkg/rollout"
)

// History reads what the store holds. A method fails with an error that wraps
// respond.ErrNotFound when there is no such thing, with one that wraps
// wire.ErrCursor when the cursor is not its own, and with any other when the
// store cannot answer now.
type History interface {
	Events(ctx context.Context, q wire.EventQuery) (wire.Page[wire.Event], error)
	Event(ctx context.Context, id string) (wire.Event, error)
	Findings(ctx context.Context, q wire.FindingQuery) (wire.Page[wire.Finding], error)
	Finding(ctx context.Context, id string) (wire.Finding, error)
	Quarantine(ctx context.Context, q wire.QuarantineQuery) (wire.Page[wire.Quarantined], error)
	// Quarantined gives one record that is in quarantine still.
	Quarantined(ctx context.Context, id string) (wire.Quarantined, error)
	// QuarantineSize counts the records that are in quarantine still.
	QuarantineSize(ctx context.Context) (int64, error)
	Audit(ctx context.Context, q wire.AuditQuery) (wire.Page[wire.AuditEntry], error)
	// BlockLog gives the events in the life of a block, oldest first; none is
	// no error.
	BlockLog(ctx context.Context, id block.ID) ([]wire.BlockLogEntry, error)
	// Preview tells what a block of the target would have hit in the period.
	// Users, keys, tokens and sessions stand there in the clear, or by their
	// hash.
	Preview(ctx context.Context, target []block.Criterion, p wire.Period) (wire.Preview, error)
	// RuleHits gives what each rule has found in the period, by its key.
	RuleHits(ctx context.Context, p wire.Period) (map[string]wire.RuleHits, error)
	// ActorLinks tells with whom an actor was seen in events received in the
	// period; an actor that was not seen has no links. A user, key, token or
	// session is given in the clear, or by its hash.
	ActorLinks(ctx context.Context, a finding.Actor, p wire.Period) (wire.ActorLinks, error)
	// SimilarActors ranks others of the actor's kind by how alike they behaved
	// in the period; an actor that was not seen is like nobody.
	SimilarActors(ctx context.Context, a finding.Actor, p wire.Period, limit int) (wire.SimilarActors, error)
}

// Operator is what people may do, and what is known in memory: it works with
// the store down. It is respond's Service, which audits every change under its
// caller.
type Operator interface {
	Blocker
	Approver
	Stager
	Weigher
	// Find gives a block, live or ended of late, or wraps respond.ErrNotFound.
	Find(id block.ID) (held respond.Held, ended *respond.Ended, err error)
	// EndedBlocks lists the blocks that ended of late, in no order.
	EndedBlocks() []block.Block
	// Why wraps respond.ErrInvalid when the criteria make no target.
	Why(q respond.Question) (respond.Explanation, error)
	Actors() []respond.Actor
	// Actor wraps respond.ErrNotFound when there is no evidence about it.
	Actor(a finding.Actor) (respond.Actor, error)
	Discard(ctx context.Context, by respond.Caller, r respond.AddDiscard) (respond.Discard, error)
	// DiscardFinding wraps respond.ErrNotFound when the finding is not in
	// memory (any more).
	DiscardFinding(ctx context.Context, by respond.Caller, findingID, reason string, lifetime time.Duration) (respond.Discard, error)
	Discards() []respond.Discard // ordered by id
	// RemoveDiscard wraps respond.ErrNotFound when there is none.
	RemoveDiscard(ctx context.Context, by respond.Caller, id string) error
	// Touch takes a decoy touch that an agent saw; it returns when it is kept
	// durably.
	Touch(ctx context.Context, agent string, f finding.Finding) error
	// Audited records what a caller did elsewhere.
	Audited(ctx context.Context, by respond.Caller, action, subject, outcome string, detail any) error
}

// Weigher tells how evidence weighs, and takes analysts' words about it.
type Weigher interface {
	// Explain wraps respond.ErrNotFound when there is no evidence about it.
	Explain(a finding.Actor) (respond.Explained, error)
	// Keep wraps respond.ErrNotFound when the finding is not in memory (any
	// more) and its rule is not given, and respond.ErrInvalid when it has been
	// discarded.
	Keep(ctx context.Context, by respond.Caller, r respond.AddKeep) (evidence.Vote, error)
	// RemoveKeep wraps respond.ErrNotFound when nobody has kept it.
	RemoveKeep(ctx context.Context, by respond.Caller, findingID string) error
	Feedback() []evidence.Opinion // ordered by rule and kind of actor
	Tiers() *evidence.Policy
}

// Blocker makes and ends blocks.
type Blocker interface {
	// AddBlock fails with a *respond.Refusal when the guard says no, and with
	// an error that wraps respond.ErrExists, the block beside it, when the
	// target is blocked in the segment already.
	AddBlock(ctx context.Context, by respond.Caller, r respond.AddBlock) (respond.Added, error)
	// AddBlocks tells what is wrong with an item beside it; the error is about
	// all of them.
	AddBlocks(ctx context.Context, by respond.Caller, r respond.Bulk) (respond.BulkResult, error)
	// RemoveBlock ends a live block; it wraps respond.ErrNotFound otherwise.
	RemoveBlock(ctx context.Context, by respond.Caller, id block.ID, reason string) (block.Block, error)
	// UndoBatch ends what one call has made; it wraps respond.ErrNotFound when
	// nothing of it is left.
	UndoBatch(ctx context.Context, by respond.Caller, batch, reason string) (respond.Undone, error)
	Breaker() respond.Breaker
	// Resume wraps respond.ErrNotFound when nothing was held.
	Resume(ctx context.Context, by respond.Caller, reason string) (respond.Breaker, error)
}

// Approver keeps what waits for a second person. Its methods wrap
// respond.ErrNotFound when nothing of the id waits (any more).
type Approver interface {
	Approvals() []respond.Approval // oldest first
	// Approve fails with a *respond.Grown when another revision was looked at.
	Approve(ctx context.Context, by respond.Caller, r respond.Approving) (respond.BulkResult, error)
	Reject(ctx context.Context, by respond.Caller, id, reason string) (respond.Approval, error)
}

// Stager moves rules from shadow to enforcement.
type Stager interface {
	Rollouts() []rollout.Logic
	// CommandRollout wraps respond.ErrNotFound without such a version,
	// respond.ErrInvalid without such a verb, and fails with a
	// *respond.Refusal when it is not allowed.
	CommandRollout(ctx context.Context, by respond.Caller, rule, version, verb, reason string) (rollout.Logic, error)
	// Complain wraps respond.ErrNotFound when no block has had the id of late.
	Complain(ctx context.Context, by respond.Caller, c respond.Complaint) (block.Block, error)
}

// Blocklist reads the live blocks from memory.
type Blocklist interface {
	List() []block.Block // ordered by key
	Versions() map[string]block.Version
	// Since gives the changes after a cursor, in one order that no writer can
	// upset, and the cursor after them; reset: they are all live blocks.
	Since(cursor uint64) (edits []block.Edit, next uint64, reset bool)
	// Freed lists where a block has ended of late and none is now, in no order:
	// of these blocks no more is known than their segment and target.
	Freed() []block.Block
	// Changed gives a channel that the next change closes.
	Changed() <-chan struct{}
}

// Agents is the registry of agents on the bus.
type Agents interface {
	// Agents lists all agents with their state, ordered by name.
	Agents(ctx context.Context) ([]block.Agent, error)
	// Authenticate gives the agent of this name and secret if it is enrolled
	// and not revoked. It reads memory.
	Authenticate(name, secret string) (block.Agent, bool)
	// CreateEnrolment keeps the digest of a one-time token, and what the agent
	// is to be.
	CreateEnrolment(ctx context.Context, token auth.Digest, e Enrolment) error
	// Enrol uses up the token with this digest and makes the agent, whose
	// secret has the other digest. It wraps respond.ErrNotFound when there is
	// no such token (any more), and respond.ErrExists when the name is taken.
	Enrol(ctx context.Context, token, secret auth.Digest, name string) (block.Agent, error)
	// Revoke cuts an agent off for good; it wraps respond.ErrNotFound when
	// there is none of this name.
	Revoke(ctx context.Context, name string) error
	// Report takes what an agent says that it enforces.
	Report(ctx context.Context, r block.Report) error
	// AwaitEnforced waits until the connected agents of a segment enforce it at
	// a revision, or until ctx ends, and tells what is known of each.
	AwaitEnforced(ctx context.Context, segment string, revision uint64) []block.Acknowledgement
}

// Subjects finds people in what is kept, and takes them out of it.
type Subjects interface {
	// Hash gives what stands for a value in the store, under every key that
	// there is, the newest first.
	Hash(value string) []string
	// Principal counts the events of a principal. An error means that the
	// store cannot answer now.
	Principal(ctx context.Context, value string, hashes []string) (wire.PrincipalEvents, error)
	// Erase removes a subject from every place. The report stands beside an
	// error, and says what was done and what was not.
	Erase(ctx context.Context, s erase.Subject) (erase.Report, error)
}

// Enrolment is what a one-time token makes.
type Enrolment struct {
	Name      string // empty = the agent chooses
	Gateway   string
	Segments  []string
	By        string
	ExpiresAt time.Time
}

// Retries has hosts read their quarantined records again.
type Retries interface {
	// Ask returns when the request is durable. It wraps respond.ErrNotFound
	// when there is no such agent.
	Ask(ctx context.Context, by string, r block.RetryRequest) (block.Retry, error)
	// Get wraps respond.ErrNotFound when the retry is not known (any more).
	Get(number uint64) (block.Retry, error)
	// Orders lists what an agent was asked for above a number, lowest first.
	Orders(agent string, after uint64) []block.RetryOrder
	// Retried takes what an agent tells; the end of a retry is kept durably.
	Retried(ctx context.Context, agent string, r block.RetryResult) error
}

// Feed carries the blocklist to agents.
type Feed interface {
	// Follow keeps f in step for an agent that holds have, until ctx ends or
	// the agent is revoked. Segments in which nothing is missing get no
	// snapshot. f may be slow: nothing is queued for it, and it gets at once
	// what it missed meanwhile.
	Follow(ctx context.Context, agent string, have map[string]block.Version, f block.Follower) error
}

// Rules knows the rules that are in force. Its methods are safe for concurrent
// use.
type Rules interface {
	// Rules lists those that are loaded, ordered by key, without their hits.
	Rules() []wire.Rule
	// Rule gives one by its key, or wraps respond.ErrNotFound.
	Rule(key string) (wire.RuleDetail, error)
	// Lint tells what is wrong with rules as text.
	Lint(yaml string) wire.Lint
	// Explain fails with an error that wraps a mistake.List when the request's
	// rules have mistakes, wire.ErrLine when the line cannot be read, and
	// respond.ErrNotFound without such a rule or event.
	Explain(ctx context.Context, r wire.ExplainRequest) (wire.Explanation, error)
	// Backtest holds rules against history, and tells how far it is. It fails
	// as Explain does, or with the error of the store or of ctx.
	Backtest(ctx context.Context, r wire.BacktestRequest, progress func(rows, total int64)) (wire.Backtest, error)
}
