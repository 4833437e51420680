package respond

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// exempted tells which exemption leaves nothing of a block, or gives nil. Others
// only take their part out of it, at every layer.
func (l *Ledger) exempted(b *block.Block) *Refusal {
	for x := range l.exemptionsOf(b.Segment) {
		if t := x.Target.Blocked(); t.Covers(b.Target) {
			return exemptionRefusal(b, x)
		}
	}
	return nil
}

// exemptedFor is exempted for a rule, which makes no block around anybody's
// address: that there is an exemption in a prefix says that it is not one
// client's.
func (l *Ledger) exemptedFor(b *block.Block) *Refusal {
	if r := l.exempted(b); r != nil {
		return r
	}
	for x := range l.exemptionsOf(b.Segment) {
		if within(x, b) {
			return exemptionRefusal(b, x)
		}
	}
	return nil
}

func exemptionRefusal(b, x *block.Block) *Refusal {
	return &Refusal{
		Rule: "exemption", Reason: fmt.Sprintf("%s holds %s, which is exempt (%s, by %s: %s)", b.Target, x.Target.Blocked(), x.ID, x.By, x.Reason),
		Hint: "end the exemption first, or block less",
	}
}

// exemptionsOf yields the live exemptions that hold in a segment.
func (l *Ledger) exemptionsOf(segment string) iter.Seq[*block.Block] {
	return func(yield func(*block.Block) bool) {
		for _, e := range l.blocks.exempt {
			if x := &e.Block; x.Mode == block.Enforce && (x.Segment == block.All || x.Segment == segment) && !yield(x) {
				return
			}
		}
	}
}

// within tells whether an exemption is for addresses of which a block holds
// some.
func within(x, b *block.Block) bool {
	t := x.Target.Blocked()
	return t.Plain() && b.Target.Prefix().IsValid() && t.Prefix().Overlaps(b.Target.Prefix())
}

// exempts tells whether agents of a segment let all addresses of a prefix pass.
func (l *Ledger) exempts(segment string, p netip.Prefix) bool {
	wanted := block.PrefixTarget(p)
	for x := range l.exemptionsOf(segment) {
		if x.Target.Blocked().Covers(wanted) {
			return true
		}
	}
	return false
}

// maxSpared is how many exemptions people are told of that a block leaves out.
const maxSpared = 3

// spared tells people who stays free in a block of theirs.
func (l *Ledger) spared(b *block.Block) []string {
	var list []*block.Block
	for x := range l.exemptionsOf(b.Segment) {
		if within(x, b) {
			list = append(list, x)
		}
	}
	slices.SortFunc(list, func(a, b *block.Block) int { return cmp.Compare(a.Key(), b.Key()) })
	var told []string
	for _, x := range list[:min(maxSpared, len(list))] {
		told = append(told, fmt.Sprintf("%s in it stays free until %s: it is exempt (%s, by %s: %s)",
			x.Target.Blocked(), x.ExpiresAt().UTC().Format(time.RFC3339), x.ID, x.By, x.Reason))
	}
	if more := len(list) - maxSpared; more > 0 {
		told = append(told, fmt.Sprintf("%d more exemptions lie in it", more))
	}
	return told
}

// Protect has these prefixes exempt in all segments, and none other on the
// configuration's word: agents let them pass whatever is blocked. They are
// published by Run, at once and for as long as they stand here.
func (s *Service) Protect(prefixes []netip.Prefix) {
	s.mu.Lock()
	s.protect = slices.Clone(prefixes)
	s.mu.Unlock()
	s.publishSoon()
}

func (s *Service) publishSoon() {
	select {
	case s.protectNow <- struct{}{}:
	default: // it is about to be done
	}
}

// Exemptions of the configuration are put for a long time, and anew when half
// of it is over.
const (
	configuredLife = 60 * 24 * time.Hour
	configuredText = "stands in the configuration"
)

// publish brings the exemptions of the configuration into step with what
// Protect was told.
func (s *Service) publish(ctx context.Context) error {
	s.mu.Lock()
	wanted := map[block.Target]bool{}
	for _, p := range s.protect {
		if t := block.PrefixTarget(p).Exempt(); t.Valid() {
			wanted[t] = true
		}
	}
	s.mu.Unlock()
	var w rowWriter
	var failures []error
	for _, b := range s.options.Blocks.List() {
		if b.By == byConfig && !wanted[b.Target] {
			failures = append(failures, s.unpublish(ctx, &w, b))
		}
	}
	var missing []block.Block
	for t := range wanted {
		if b, live := s.options.Blocks.Get(block.All, t); live && b.Mode == block.Enforce && b.ExpiresAt().Sub(s.now()) > spareTime(&b) {
			continue
		}
		missing = append(missing, s.exemption(t))
	}
	failures = append(failures, s.putExemptions(ctx, &w, missing))
	return errors.Join(s.outbox.add(ctx, w.rows), errors.Join(failures...))
}

// spareTime is how long before its end an exemption of the configuration's is
// put anew. A person's on the same target does as well until it is about to end:
// blocks may stand around it, and must not hit it for a moment.
func spareTime(b *block.Block) time.Duration {
	if b.By == byConfig {
		return configuredLife / 2
	}
	return 3 * reconcileEvery
}

func (s *Service) exemption(t block.Target) block.Block {
	now := s.now()
	return block.Block{
		ID: block.NewID(byConfig, t.Key()), Segment: block.All, Target: t, Action: block.Allow,
		LifetimeSeconds: int64(configuredLife / time.Second), CreatedAt: now, Reason: configuredText, By: byConfig,
	}
}

func (s *Service) putExemptions(ctx context.Context, w *rowWriter, blocks []block.Block) error {
	var failures []error
	for i, o := range s.options.Blocks.PutAll(ctx, blocks) {
		var replaced *block.Block
		if held := o.Block; errors.Is(o.Err, ErrExists) && held.Action == block.Allow {
			if held.By != byConfig {
				replaced = &held
			}
			o.Block, o.Err = s.options.Blocks.Replace(ctx, held, blocks[i])
		}
		if o.Err != nil {
			failures = append(failures, fmt.Errorf("exempt %s: %w", blocks[i].Target, o.Err))
			continue
		}
		s.holdAsked(w, o.Block, replaced)
	}
	return errors.Join(failures...)
}

func (s *Service) unpublish(ctx context.Context, w *rowWriter, b block.Block) error {
	if err := s.options.Blocks.Remove(ctx, b); err != nil && !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("end exemption of %s: %w", b.Target, err)
	}
	s.noteEnd(w, b, EventRemoved, byConfig, "stands in the configuration no more", s.now())
	return nil
}

// liftExempted ends the blocks of which an exemption that was just made leaves
// nothing.
func (s *Service) liftExempted(ctx context.Context, w *rowWriter) {
	s.lift(ctx, w, s.options.Blocks.List())
}

// against tells why a live block may not stand any longer, or gives nil.
func (s *Service) against(b *block.Block) *Refusal {
	if b.Action == block.Allow {
		return nil
	}
	return s.forbids(b)
}

// forbids tells why nobody may make a block, whoever it is, or gives nil.
func (s *Service) forbids(b *block.Block) *Refusal {
	if r := s.guard.Load().protects(b.Target, s.exemptIn(b.Segment)); r != nil {
		return r
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ledger.exempted(b)
}

// forbidsRules is forbids for a block that a rule asks for.
func (s *Service) forbidsRules(b *block.Block) *Refusal {
	if r := s.guard.Load().Protects(b.Target); r != nil {
		return r
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ledger.exemptedFor(b)
}

// exemptIn tells of addresses whether the agents of a segment let them pass.
func (s *Service) exemptIn(segment string) func(netip.Prefix) bool {
	return func(p netip.Prefix) bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.ledger.exempts(segment, p)
	}
}
