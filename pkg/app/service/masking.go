package service

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/honeymoat/honeymoat/pkg/app/shipping"
	"github.com/honeymoat/honeymoat/pkg/bus"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/privacy"
)

// masking is what takes secrets and personal data out of what is kept, and
// what it was made of.
type masking struct {
	sync.Mutex // one change at a time
	privacy    config.Privacy
	keys       atomic.Pointer[privacy.Keyring]
	masker     atomic.Pointer[privacy.Masker]
}

// set replaces the masker from the next batch on. The caller holds the
// lock, or nothing runs yet.
func (m *masking) set(cfg config.Privacy, keys privacy.Keyring) error {
	masker, err := shipping.NewMasker(cfg, keys)
	if err != nil {
		return err
	}
	m.privacy = cfg
	m.keys.Store(&keys)
	m.masker.Store(masker)
	return nil
}

func (m *masking) finding(f *finding.Finding) { m.masker.Load().Finding(f) }

// prepare gives the records of a batch their routes, and makes of it what may
// be kept. It is called by the store's consumer alone.
func (s *Service) prepare(ctx context.Context, seq uint64, b *event.Batch) {
	s.routes.assign(ctx, seq, b)
	s.masking.masker.Load().Batch(b)
}

// storedLines gives the store's writer the lines as they may be kept:
// detection reads its own copy of them, and has seen them as they were.
type storedLines struct {
	*bus.Lines
	prepare func(context.Context, uint64, *event.Batch)
}

// Consume implements store.Source.
func (l storedLines) Consume(ctx context.Context, after uint64, fn func(uint64, *event.Batch) error) error {
	return l.Lines.Consume(ctx, after, func(seq uint64, b *event.Batch) error {
		l.prepare(ctx, seq, b)
		return fn(seq, b)
	})
}
