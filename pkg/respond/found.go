package respond

import (
	"context"
	"fmt"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// foundEntry is the journal's word of findings that came without a batch.
type foundEntry struct {
	Findings []finding.Finding `json:"findings"`
}

// Found takes findings that are of no batch, such as those of what a day in
// the store looks like, and returns when they are kept durably and everything
// that follows from them is done. A finding that comes again, by its id, is
// known. It fails only when ctx ends or the bus refuses the journal; the same
// findings may be given again then.
func (s *Service) Found(ctx context.Context, findings []finding.Finding) error {
	if len(findings) == 0 {
		return nil
	}
	findings = slices.Clone(findings)
	for i := range findings {
		finite(&findings[i])
	}
	if err := s.gate.enter(ctx); err != nil {
		return fmt.Errorf("take %d findings: %w", len(findings), err)
	}
	defer s.gate.leave()
	if err := s.takeFound(ctx, findings); err != nil {
		return fmt.Errorf("take %d findings: %w", len(findings), err)
	}
	if err := s.journal.add(ctx, journalEntry{Found: &foundEntry{findings}}); err != nil {
		return fmt.Errorf("take %d findings: %w", len(findings), err)
	}
	return nil
}

// takeFound does what follows from findings that the service itself has made.
func (s *Service) takeFound(ctx context.Context, findings []finding.Finding) error {
	evidence := make([]Evidence, len(findings))
	for i := range findings {
		evidence[i] = Evidence{Finding: findings[i]}
	}
	_, err := s.consider(ctx, evidence)
	return err
}
