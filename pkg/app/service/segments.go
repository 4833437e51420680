package service

import (
	"context"
	"slices"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// segments lists those that somebody gets blocks of: agents, bouncers' tokens,
// webhooks and lists of others name them. A block in another reaches nobody.
func (s *Service) segments() []string {
	list := append([]string{block.All}, s.tokens.Load().Segments()...)
	for _, w := range s.config.Webhooks {
		list = append(list, w.Segments...)
	}
	for _, l := range s.config.Blocks.Lists {
		list = append(list, l.Segment)
	}
	agents, err := s.bus.Agents().Agents(context.Background())
	if err != nil {
		return nil // nobody can tell
	}
	for _, a := range agents {
		if !a.Revoked {
			list = append(list, a.Segments...)
		}
	}
	slices.Sort(list)
	return slices.DeleteFunc(slices.Compact(list), func(name string) bool { return name == "" })
}
