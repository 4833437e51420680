package service

import (
	"time"

	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/webhook"
)

// hooksOf are the configured webhooks.
func hooksOf(cfg []config.Webhook) []webhook.Hook {
	hooks := make([]webhook.Hook, len(cfg))
	for i, w := range cfg {
		hooks[i] = webhook.Hook{
			Name: w.Name, URL: w.URL, SecretFile: w.SecretFile, Segments: w.Segments, Batch: w.Batch, Timeout: w.Timeout,
		}
		for _, e := range w.Events {
			hooks[i].Events = append(hooks[i].Events, webhook.Kind(e))
		}
	}
	return hooks
}

// startWebhooks tells others of changes to the blocks.
func (s *Service) startWebhooks(l *lifecycle) error {
	if len(s.config.Webhooks) == 0 {
		return nil
	}
	hooks, err := webhook.New(webhook.Options{
		Hooks: hooksOf(s.config.Webhooks), Feed: s.bus.Blocks(), Ended: s.endedAfter, Checkpoints: s.bus.Checkpoints(),
		Log: s.log.With("part", "webhooks"), Registerer: s.metrics,
	})
	if err != nil {
		return err
	}
	s.webhooks = hooks
	l.start("webhooks", hooks.Run)
	return nil
}

func (s *Service) endedAfter(at time.Time) []webhook.Over {
	ended := s.responder.EndedAfter(at)
	over := make([]webhook.Over, len(ended))
	for i := range ended {
		over[i] = webhook.Over{Block: ended[i].Block, At: ended[i].At}
	}
	return over
}
