package respond

import (
	"slices"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// ToldByGateways counts requests that an agent says it has refused, by block; of
// blocks that are not in its segments it can have refused none. They stand
// beside what logs tell: nobody knows which of them are the same, so neither
// number is added to the other, and only what logs tell counts for rollouts.
func (s *Service) ToldByGateways(segments []string, refused map[block.ID]uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, n := range refused {
		h := s.ledger.blocks.find(id)
		if h == nil || h.Block.Segment != block.All && !slices.Contains(segments, h.Block.Segment) {
			continue
		}
		s.ledger.blocks.change(id).ByGateways += n
		s.touch()
	}
}
