package agenttest

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// Keys are the match keys of a segment, the current one first.
func (s *Service) Keys(segment string) []block.MatchKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.keys[segment])
}

// Rotate gives a segment another match key, and keeps those of before.
func (s *Service) Rotate(segment string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := append([]block.MatchKey{keyOf(segment, len(s.keys[segment]))}, s.keys[segment]...)
	s.keys[segment] = keys
	s.send(func(f block.Follower) { f.Keys(segment, slices.Clone(keys)) })
}

// Target reads a target in which users, keys, tokens and sessions stand as
// they are, and hashes them for a segment.
func (s *Service) Target(segment, text string) block.Target {
	criteria, err := block.ParseCriteria(text)
	if err != nil {
		panic(err)
	}
	t, err := s.Keys(segment)[0].Target(criteria)
	if err != nil {
		panic(err)
	}
	return t
}

func keyOf(segment string, n int) block.MatchKey {
	return block.NewMatchKey(sha256.Sum256(fmt.Appendf(nil, "%s %d", segment, n)))
}
