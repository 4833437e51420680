package agenttest

import (
	"context"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// AskRetry asks the agent to read quarantined records again, and tells it with
// the next heartbeat.
func (s *Service) AskRetry(o block.RetryOrder) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.orders = append(s.orders, o)
}

// Retries are the results of retries that came to their end.
func (s *Service) Retries() []block.RetryResult {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.retried)
}

// Orders implements agent.Link.
func (s *Service) Orders(_ context.Context, after uint64) ([]block.RetryOrder, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return nil, ErrAway
	}
	return slices.DeleteFunc(slices.Clone(s.orders), func(o block.RetryOrder) bool { return o.Number <= after }), nil
}

// Retried implements agent.Link.
func (s *Service) Retried(_ context.Context, r block.RetryResult) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away {
		return ErrAway
	}
	if r.Done {
		s.retried = append(s.retried, r)
	}
	return nil
}

// lastRetry is the number of the last order, 0 without one.
func (s *Service) lastRetry() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.orders) == 0 {
		return 0
	}
	return s.orders[len(s.orders)-1].Number
}
