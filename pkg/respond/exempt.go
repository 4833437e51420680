package respond

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// exempted tells which exemption a block goes against, or gives nil: one that
// covers all that the block matches, or one for addresses of which the block
// holds some. Others only take their part out of the block, which agents see
// to.
func (l *Ledger) exempted(b *block.Block) *Refusal {
	for _, e := range l.blocks.exempt {
		x := &e.Block
		if x.Segment != block.All && x.Segment != b.Segment {
			continue
		}
		t := x.Target.Blocked()
		if t.Covers(b.Target) || t.Plain() && b.Target.Prefix().IsValid() && t.Prefix().Overlaps(b.Target.Prefix()) {
			return &Refusal{
				Rule: "exemption", Reason: fmt.Sprintf("%s holds %s, which is exempt (%s, by %s: %s)", b.Target, t, x.ID, x.By, x.Reason),
				Hint: "end the exemption first, or block less",
			}
		}
	}
	return nil
}

// Protect has these prefixes exempt in all segments, and none other on the
// configuration's word: agents let them pass whatever is blocked. They are
// published by Run, at once and for as long as they stand here.
func (s *Service) Protect(prefixes []netip.Prefix) {
	s.mu.Lock()
	s.protect = slices.Clone(prefixes)
	s.mu.Unlock()
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
		if b, live := s.options.Blocks.Get(block.All, t); live && (b.By != byConfig || b.ExpiresAt().Sub(s.now()) > configuredLife/2) {
			continue
		}
		missing = append(missing, s.exemption(t))
	}
	failures = append(failures, s.putExemptions(ctx, &w, missing))
	return errors.Join(s.outbox.add(ctx, w.rows), errors.Join(failures...))
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
		if errors.Is(o.Err, ErrExists) && o.Block.By == byConfig {
			o.Block, o.Err = s.options.Blocks.Replace(ctx, o.Block, blocks[i])
		}
		if o.Err != nil {
			failures = append(failures, fmt.Errorf("exempt %s: %w", blocks[i].Target, o.Err))
			continue
		}
		s.holdAsked(w, o.Block, nil)
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

// liftExempted ends the blocks that go against an exemption which was just
// made.
func (s *Service) liftExempted(ctx context.Context, w *rowWriter) {
	for _, b := range s.options.Blocks.List() {
		if r := s.against(&b); r != nil {
			s.lift(ctx, w, b, r)
		}
	}
}

// against tells why a live block may not stand any longer, or gives nil.
func (s *Service) against(b *block.Block) *Refusal {
	if b.Action == block.Allow {
		return nil
	}
	if r := s.guard.Load().Protects(b.Target); r != nil {
		return r
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ledger.exempted(b)
}
