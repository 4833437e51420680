package respond

import (
	"cmp"
	"math"
	"net/netip"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/evidence"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// leftover is what an address that many share keeps of evidence that is about
// one of them.
const leftover = 0.2

// credit is what a finding counts as.
type credit uint8

const (
	inFull credit = iota
	stale         // old evidence is kept, and alarms nobody
	denied        // what we have refused ourselves is kept, and changes nothing
)

// credit judges what a finding counts as.
func (l *Ledger) credit(f *finding.Finding, now time.Time) credit {
	switch {
	case l.stale(f, now):
		return stale
	case l.ownDenial(f):
		return denied
	}
	return inFull
}

// ownDenial tells whether a finding is of a request that a block of ours has
// refused, though the log does not say so: gateways that poll a list mark
// nothing. What is known for certain counts all the same.
func (l *Ledger) ownDenial(f *finding.Finding) bool {
	if f.Tier >= finding.Page || f.Sighting.Status == 0 {
		return false
	}
	t, ok := Target(f.Actor)
	if !ok {
		return false
	}
	asked := block.Block{Segment: cmp.Or(f.Segment, block.All), Target: t, Mode: block.Shadow}
	b := l.covering(&asked)
	return b != nil && enforcedOn(b, f.Actor) && f.Sighting.Status == int64(b.Terms.AnswerStatus(b.Action)) &&
		f.Time.After(b.CreatedAt) && f.Time.Before(b.ExpiresAt())
}

// add adds a new finding to the evidence about an actor.
func (l *Ledger) add(a *Actor, f *finding.Finding, as credit, share float64, now time.Time) {
	a.note(f, now)
	switch {
	case as == stale:
		st := a.story(f)
		if st.Tier == 0 {
			st.Touched = now // a story that is told already lasts no longer by it
		}
		st.raise(evidence.Ruling{Tier: finding.Log}, f.Title+" (old evidence)")
	case as == inFull && share < 1:
		l.scale().Add(&a.Account, f, share)
	case as == inFull:
		l.scale().Add(&a.Account, f, 1)
		l.weigh(a, f, now)
	}
	a.sum()
}

// weigh lets a finding that is in the account have its part in the tier.
func (l *Ledger) weigh(a *Actor, f *finding.Finding, now time.Time) {
	if !slices.Contains(a.Families, f.Family) {
		a.Families = append(a.Families, f.Family)
	}
	c := l.caseOf(a, f, now)
	if !a.BlockedUntil.IsZero() && f.Time.After(a.BlockedUntil) {
		c.Returned, a.BlockedUntil = a.BlockedUntil, time.Time{}
	}
	st := a.story(f)
	st.Touched = now
	st.follow(f, now)
	st.raise(l.options.Policy.Judge(c), f.Title)
}

func (l *Ledger) caseOf(a *Actor, f *finding.Finding, now time.Time) evidence.Case {
	return evidence.Case{
		Account: &a.Account, Finding: f, Actor: a.Actor.Kind, Internal: l.internal(a.Actor),
		Now: now, Shift: l.feedback.For(a.Actor.Kind, now),
	}
}

func (l *Ledger) setPolicy(p *evidence.Policy) {
	l.options.Policy = p
	l.feedback.Rescale(p.Scale())
}

func (l *Ledger) scale() *evidence.Scale { return l.options.Policy.Scale() }

// internal tells whether an actor is of our own network.
func (l *Ledger) internal(a finding.Actor) bool {
	p, ok := prefixOf(a)
	return ok && slices.ContainsFunc(l.options.Internal, func(own netip.Prefix) bool {
		return own.Bits() <= p.Bits() && own.Contains(p.Addr())
	})
}

func prefixOf(a finding.Actor) (netip.Prefix, bool) {
	switch a.Kind {
	case finding.Address:
		addr, err := netip.ParseAddr(a.Value)
		return netip.PrefixFrom(addr, addr.BitLen()), err == nil
	case finding.Prefix:
		p, err := netip.ParsePrefix(a.Value)
		return p, err == nil
	}
	return netip.Prefix{}, false
}

// about is whom a finding's evidence is about: the actor; or the principal
// behind it, where that is an address which many share, and the principal has
// been successful in the last day: a client may claim to be anybody.
func (l *Ledger) about(f *finding.Finding, now time.Time) finding.Actor {
	if f.Principal == (finding.Actor{}) || f.Principal == f.Actor || f.Principal.Kind.Place() || l.options.Traffic == nil {
		return f.Actor
	}
	address, ok := Target(f.Actor)
	if !ok || !oneClient(address) {
		return f.Actor
	}
	day, ok := l.options.Traffic.Of(address, now)
	if !ok || l.options.shared(address, day) == nil {
		return f.Actor
	}
	who, err := actorTarget(f, f.Principal, cmp.Or(f.Segment, block.All))
	if err != nil {
		return f.Actor
	}
	if day, ok := l.options.Traffic.Of(who, now); !ok || day.Successful == 0 {
		return f.Actor
	}
	return f.Principal
}

// grown takes a finding again that lasts and has grown, or is over. It tells
// whether that is news: what comes a second time is not.
func (l *Ledger) grown(a *Actor, f *finding.Finding, now time.Time) bool {
	i := slices.IndexFunc(a.Evidence, func(e finding.Finding) bool { return e.ID == f.ID })
	var old *finding.Finding
	switch {
	case i >= 0 && a.Evidence[i].Statistic != nil:
		before := a.Evidence[i]
		if old = &before; !isNews(f, old) {
			return false
		}
		a.Evidence[i] = *f
	case i >= 0 || !l.later(a, f):
		return false
	default:
		a.Evidence = appendBounded(a.Evidence, *f, maxEvidence)
	}
	if isOver(f) { // whatever it is: an end raises nobody
		l.scale().Renew(&a.Account, endOf(f), old)
		if st := a.goesOn(f); st != nil && lasts(f) {
			st.follow(f, now)
		}
		return true
	}
	l.scale().Renew(&a.Account, f, old)
	a.seen(f, now)
	l.weigh(a, f, now)
	a.sum()
	return true
}

// finite takes numbers that are none out of a finding's statistic: neither a
// checkpoint nor a row can hold them.
func finite(f *finding.Finding) {
	if f.Statistic == nil {
		return
	}
	s := *f.Statistic
	for _, x := range []*float64{&s.Expected, &s.Lower, &s.Upper, &s.Seen, &s.Probability} {
		if math.IsNaN(*x) || math.IsInf(*x, 0) {
			*x = 0
		}
	}
	s.Parts = slices.DeleteFunc(slices.Clone(s.Parts), func(p finding.Part) bool { return math.IsNaN(p.Share) || math.IsInf(p.Share, 0) })
	f.Statistic = &s
}

// isNews tells whether a finding says more than it did.
func isNews(f, old *finding.Finding) bool {
	s, was := f.Statistic, old.Statistic
	if f.Time.Before(old.Time) || !was.Until.IsZero() && s.Until.IsZero() && f.Time.Equal(old.Time) {
		return false // what was over may come back, and not by being read again
	}
	return f.Time.After(old.Time) || s.Seen != was.Seen || s.Probability != was.Probability || !s.Until.Equal(was.Until)
}

// later tells whether a finding is later than all that its rule has found.
func (l *Ledger) later(a *Actor, f *finding.Finding) bool {
	for i := range a.Account.Strands {
		if t := &a.Account.Strands[i]; t.Rule == f.Rule {
			return f.Time.UnixNano() > t.Last
		}
	}
	return true
}
