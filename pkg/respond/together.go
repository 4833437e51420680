package respond

import (
	"fmt"
	"slices"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// breadth counts how wide blocks are that people have made without a second
// person: what nobody may block alone is not blocked alone piece by piece
// either.
type breadth map[breadthKey]uint64

type breadthKey struct {
	segment string
	exempt  bool // exemptions are counted by themselves
	six     bool // IPv6 counts by /64, IPv4 by address
}

// The widths of a call from which it counts what stands already, and of all
// together that take a second person, by the keys' units.
const (
	noticedIPv4 = 1 << (32 - WidestIPv4)
	noticedIPv6 = 1 << (clientBits - WidestIPv6)
	togetherV4  = 1 << (32 - SharedIPv4)
	togetherV6  = 1 << (clientBits - SharedIPv6)
)

// countable gives what a block adds to the breadth; 0 when it is narrowed by
// more than a route, or keeps nobody from anything.
func countable(b *block.Block) (breadthKey, uint64) {
	p := b.Target.Prefix()
	if !p.IsValid() || b.ApprovedBy != "" || !harms(b) && b.Action != block.Allow {
		return breadthKey{}, 0
	}
	for _, c := range b.Target.Criteria() {
		if c.Scope != block.ScopeAddress && c.Scope != block.ScopePrefix && c.Scope != block.ScopeRoute {
			return breadthKey{}, 0
		}
	}
	key := breadthKey{b.Segment, b.Action == block.Allow, p.Addr().Is6()}
	if key.six {
		return key, 1 << max(0, clientBits-p.Bits())
	}
	return key, 1 << (32 - p.Bits())
}

// add counts a block that is asked for.
func (w breadth) add(b *block.Block) {
	if key, n := countable(b); n > 0 {
		w[key] += n
	}
}

// byPerson begins what a block says of who made it when that is a person. What
// lists and the configuration say was decided on with the configuration.
const byPerson = "token:"

// hold counts a live block, and drop one that is live no more.
func (w breadth) hold(b *block.Block) {
	if strings.HasPrefix(b.By, byPerson) {
		w.add(b)
	}
}

func (w breadth) drop(b *block.Block) {
	key, n := countable(b)
	if n == 0 || !strings.HasPrefix(b.By, byPerson) {
		return
	}
	if w[key] -= min(n, w[key]); w[key] == 0 {
		delete(w, key)
	}
}

// reaches gives what a segment's agents get of a key's kind: what is for all is
// for them too.
func (w breadth) reaches(k breadthKey) uint64 {
	n := w[k]
	if k.segment != block.All {
		n += w[breadthKey{block.All, k.exempt, k.six}]
	}
	return n
}

// tooWide tells why a call is not one person's decision, with what stands
// already, or gives nil. A call that is narrow by itself is not held up by what
// others have made.
func (w breadth) tooWide(standing breadth) *Refusal {
	keys := map[breadthKey]bool{}
	for k := range w {
		keys[k] = true
		for s := range standing {
			if k.segment == block.All && s.exempt == k.exempt && s.six == k.six {
				keys[s] = true
			}
		}
	}
	for k := range keys {
		noticed, most, wide := uint64(noticedIPv4), uint64(togetherV4), SharedIPv4
		if k.six {
			noticed, most, wide = noticedIPv6, togetherV6, SharedIPv6
		}
		own := w.reaches(k)
		if own > noticed && own+standing.reaches(k) >= most {
			return &Refusal{
				Rule: "width", Reason: fmt.Sprintf("together, with what people have made alone before, this is as wide as a /%d or wider in the segment %s", wide, k.segment),
				Hint: "a second person has to approve it",
			}
		}
	}
	return nil
}

// alone adds to a ruling that a block is too wide, together with what stands.
func (s *Service) alone(by Caller, b *block.Block, r Ruling) Ruling {
	if r.Word != Allowed {
		return r
	}
	asked := breadth{}
	asked.add(b)
	if because := s.tooWide(by, asked); because != nil {
		r.Word, r.Because = NeedsApproval, because
	}
	return r
}

func (s *Service) tooWide(by Caller, asked breadth) *Refusal {
	if !strings.HasPrefix(by.by(), byPerson) {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return asked.tooWide(s.ledger.blocks.alone)
}

// everyRoute tells whether a route is all paths, or all but the shortest.
func everyRoute(path string) bool {
	before, ok := strings.CutSuffix(path, "/**")
	return ok && !slices.ContainsFunc(strings.Split(before, "/"), func(s string) bool { return s != "" && s != "{}" })
}
