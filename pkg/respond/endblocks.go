package respond

import (
	"context"
	"errors"
	"fmt"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// EndBlocks ends live blocks together that whoever made them says no more, such
// as a list from elsewhere, and tells how many there were. It is no word about
// anybody: unlike RemoveBlock it keeps no evidence from blocking them again. A
// block that is over, or has given way to another, is left as it is. What could
// not be ended stays; the error is that of the first.
func (s *Service) EndBlocks(ctx context.Context, by Caller, blocks []block.Block, reason string) (ended int, err error) {
	if err := s.gate.enter(ctx); err != nil {
		return 0, fmt.Errorf("end %d blocks: %w", len(blocks), err)
	}
	defer s.gate.leave()
	var w rowWriter
	for i, failure := range s.options.Blocks.RemoveAll(ctx, blocks) {
		switch {
		case failure == nil:
			s.noteEnd(&w, blocks[i], EventRemoved, by.by(), reason, s.now())
			ended++
		case !errors.Is(failure, ErrNotFound) && err == nil:
			err = fmt.Errorf("end %d blocks: %w", len(blocks), failure)
		}
	}
	return ended, s.close(ctx, &w, by, "block.end", by.by(), map[string]any{"asked": len(blocks), "ended": ended, "reason": reason}, err)
}
