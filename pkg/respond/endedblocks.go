package respond

import (
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// EndedBlocks lists the blocks that are over and still remembered, in no
// order.
func (s *Service) EndedBlocks() []block.Block {
	ended := s.EndedAfter(time.Time{})
	blocks := make([]block.Block, len(ended))
	for i := range ended {
		blocks[i] = ended[i].Block
	}
	return blocks
}

// EndedAfter lists the blocks that ended after a time and are still remembered,
// in no order.
func (s *Service) EndedAfter(at time.Time) []Ended {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ended []Ended
	for _, e := range s.ledger.blocks.ended {
		if e.At.After(at) {
			ended = append(ended, *e)
		}
	}
	return ended
}
