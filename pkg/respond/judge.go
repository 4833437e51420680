package respond

import (
	"cmp"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Evidence is one sighting of a finding.
type Evidence struct {
	Finding finding.Finding
	// Agent is on whose word it stands: who shipped the log line, or reported
	// the touch. Empty is the service itself.
	Agent string
}

// Verdict is what follows from a sighting.
type Verdict struct {
	First     bool     // the finding was not known before
	Settled   bool     // everything that follows was done before: nothing is left to do
	Discard   *Discard // the analyst's word by which it does not count
	Discarded bool     // it does not count
	Grown     bool     // it was known before, and says more now, or that it is over
	// About is whom the evidence counts against: the actor, or the principal
	// behind an address that many share.
	About    finding.Actor
	Tier     finding.Tier // of the actor, now
	Before   finding.Tier // of the actor, before
	Block    block.ID     // that stands on it, or holds its target already; 0 = none
	Enforced bool         // that block refuses all that the actor sends
	// Asked is the block that the finding asks for; nil when it asks for none.
	// Wanted is what its rule asks for, if that is in rollout.
	Asked  *block.Block
	Wanted *Wanted
	// Proposal is the block to be made; it has passed the guard, and may be
	// narrower, wider, longer or less than what was asked for. Replaces is the
	// block that gives way to it, if any.
	Proposal *block.Block
	Replaces *block.Block
	Refusal  *Refusal // why the guard refused a block
	Note     string   // why no block was asked for, where somebody may wonder
	// Waits is what waits for a person in place of the refused block, if it does.
	Waits queued

	by     *block.Block // that Block names
	impact *Day         // of the refused block
}

// Judge adds a sighting to the account and tells what follows. The same
// finding counts once, however often it is seen. Until Settle is called for
// it, Judge proposes the same block again, so that whoever was interrupted
// may begin again.
func (l *Ledger) Judge(e Evidence, g *Guard, now time.Time) Verdict {
	f := &e.Finding
	finite(f)
	m, first := l.memos.of(f.ID, now)
	if d := l.discard(f, now); d != nil && !m.Settled {
		m.Discarded = true
		return Verdict{First: first, Discarded: true, Discard: d}
	}
	if m.Discarded {
		return Verdict{Settled: m.Settled, Discarded: true}
	}
	if m.Settled {
		return l.seenAgain(e, m, now)
	}
	a := l.actor(f.Actor)
	a.shippedBy(e.Agent)
	v := Verdict{First: first, About: f.Actor, Block: m.Block}
	subject := a
	if v.About = l.about(f, now); v.About != f.Actor {
		subject, m.About = l.actor(v.About), v.About
		subject.shippedBy(e.Agent)
	}
	v.Before, v.Tier = subject.Tier, subject.Tier
	if first {
		l.count(&v, a, subject, f, now)
	}
	l.propose(&v, f, a, g, now)
	l.unmade.note(&v, f, now)
	v.Enforced = v.by != nil && enforcedOn(v.by, f.Actor)
	return v
}

// count adds a new finding to the evidence about its actor, and about the
// subject if that is another.
func (l *Ledger) count(v *Verdict, a, subject *Actor, f *finding.Finding, now time.Time) {
	as := l.credit(f, now)
	if as == denied {
		v.Note = "it was refused on a block of ours"
	}
	if subject != a {
		l.add(a, f, as, leftover, now)
	}
	l.add(subject, f, as, 1, now)
	v.Tier = subject.Tier
}

// seenAgain is the verdict on another sighting of a finding from which all
// has followed. An actor that was forgotten meanwhile is not made anew.
func (l *Ledger) seenAgain(e Evidence, m *memo, now time.Time) Verdict {
	f := &e.Finding
	if f.Statistic != nil && l.discard(f, now) != nil {
		m.Discarded = true // it grows, and was not among the latest when it was discarded
		return Verdict{Settled: true, Discarded: true}
	}
	v := Verdict{Settled: true, About: cmp.Or(m.About, f.Actor), Block: m.Block}
	if h := l.blocks.byID[m.Block]; h != nil {
		v.Enforced = enforcedOn(&h.Block, f.Actor)
	}
	a := l.actors[v.About]
	if a == nil {
		return v
	}
	a.shippedBy(e.Agent)
	v.Before = a.Tier
	v.Grown = f.Statistic != nil && l.grown(a, f, now)
	v.Tier = a.Tier
	return v
}

// Settle notes that everything that follows from a finding has been done.
// made is the block that stands on it, or 0.
func (l *Ledger) Settle(findingID string, made block.ID) {
	if m := l.memos.byID[findingID]; m != nil {
		m.Settled, m.Block = true, made
	}
}

// stale tells whether evidence is older than the block that it asks for, or is
// about what has long been over.
func (l *Ledger) stale(f *finding.Finding, now time.Time) bool {
	if isOver(f) && (now.Sub(f.Statistic.Until) > l.options.Quiet || now.Sub(f.Statistic.Since) > l.options.Remember) {
		return true // of what began before all that is remembered it is no first word
	}
	lifetime := time.Duration(f.Wanted.LifetimeSeconds) * time.Second
	return now.Sub(f.Time) > cmp.Or(lifetime, l.options.StaleAfter)
}

// enforcedOn tells whether a block refuses all that an actor sends.
func enforcedOn(b *block.Block, a finding.Actor) bool {
	t, ok := Target(a)
	return ok && refuses(b) && b.Target.Covers(t)
}

// discard gives the analyst's word that a finding does not count, or nil.
func (l *Ledger) discard(f *finding.Finding, now time.Time) *Discard {
	for _, d := range l.discards {
		if d.live(now) && d.matches(f) {
			return &d
		}
	}
	return nil
}
