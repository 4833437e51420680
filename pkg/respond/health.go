package respond

import (
	"context"
	"fmt"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// RaiseHealth tells people that honeymoat itself is not well. name is a few
// words run together ("StoreDown"): the alert is called "Honeymoat" and that.
// Raising it again with another summary changes the text.
func (s *Service) RaiseHealth(ctx context.Context, name, summary string) error {
	_, err := s.tellOf(ctx, func() ([]outRow, []Alert) {
		alert, raised := s.health[name]
		if raised && alert.Annotations["summary"] == summary {
			return nil, nil
		}
		if !raised {
			alert = Alert{Labels: healthLabels(name, finding.Notify), StartsAt: s.now(), URL: s.options.Links.Console}
		}
		alert.Annotations = map[string]string{"summary": summary}
		s.health[name] = alert
		return nil, []Alert{alert}
	})
	if err != nil {
		return fmt.Errorf("raise health %s: %w", name, err)
	}
	return nil
}

// ResolveHealth takes back what RaiseHealth told; without that it does
// nothing.
func (s *Service) ResolveHealth(ctx context.Context, name string) error {
	_, err := s.tellOf(ctx, func() ([]outRow, []Alert) {
		alert, raised := s.health[name]
		if !raised {
			return nil, nil
		}
		delete(s.health, name)
		alert.EndsAt = s.now()
		return nil, []Alert{alert}
	})
	if err != nil {
		return fmt.Errorf("resolve health %s: %w", name, err)
	}
	return nil
}
