package respond

import "github.com/honeymoat/honeymoat/pkg/block"

// EndedBlocks lists the blocks that are over and still remembered, in no
// order.
func (s *Service) EndedBlocks() []block.Block {
	s.mu.Lock()
	defer s.mu.Unlock()
	blocks := make([]block.Block, 0, len(s.ledger.blocks.ended))
	for _, e := range s.ledger.blocks.ended {
		blocks = append(blocks, e.Block)
	}
	return blocks
}
