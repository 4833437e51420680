package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/honeymoat/honeymoat/bench/stage"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/store"
	"github.com/honeymoat/honeymoat/pkg/store/embedded"
)

// storeRounds is how often the writer gets the batches.
const storeRounds = 8

// measureStore has the store's writer insert batches into the embedded engine
// as fast as it takes them.
func measureStore(ctx context.Context, o options) (w work, err error) {
	batches, err := parsed(logFile(o.dir))
	if err != nil {
		return w, err
	}
	s, stop, err := startStore(ctx, o)
	if err != nil {
		return w, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	source := &rounds{batches: batches, count: uint64(storeRounds * len(batches))}
	writer, err := s.NewWriter(store.WriterOptions{
		Lines: source, Records: silence{}, Checkpoints: forgetful{},
		DeadLines: noDead, DeadRecords: noDead,
	})
	if err != nil {
		return w, err
	}
	m, err := startMeter(o.profile, "store")
	if err != nil {
		return w, err
	}
	end := background(ctx, writer.Run)
	err = stage.Until(ctx, "all is stored", func(context.Context) error {
		if done := writer.LinesDone(); done < source.count {
			return fmt.Errorf("%d of %d batches", done, source.count)
		}
		return nil
	})
	if err == nil {
		w, err = m.stop(source.rows())
	}
	return w, errors.Join(err, end())
}

// startStore starts an engine on a directory of its own and makes the tables.
func startStore(ctx context.Context, o options) (*store.Store, func() error, error) {
	dir, err := os.MkdirTemp(o.dir, "store-")
	if err != nil {
		return nil, nil, err
	}
	log := slog.New(slog.DiscardHandler)
	engine := embedded.New(embedded.Options{
		Command: []string{filepath.Join(o.bin, "honeymoat"), "engine"}, DataDir: dir, Listen: "127.0.0.1:0",
	}, log)
	end := background(ctx, engine.Run)
	if err := engine.Ready(ctx); err != nil {
		return nil, nil, errors.Join(err, end())
	}
	user, password := engine.Credentials()
	s, err := store.Open(store.Options{Addresses: []string{engine.Addr()}, User: user, Password: password, Logger: log})
	if err != nil {
		return nil, nil, errors.Join(err, end())
	}
	stop := func() error { return errors.Join(s.Close(), end()) }
	if _, err := s.Migrate(ctx); err != nil {
		return nil, nil, errors.Join(err, stop())
	}
	return s, stop, nil
}

// rounds is a stream that has a number of batches at once, the same ones again
// and again.
type rounds struct {
	batches []*event.Batch
	count   uint64
}

// Consume implements store.Source.
func (r *rounds) Consume(ctx context.Context, after uint64, fn func(uint64, *event.Batch) error) error {
	for seq := after + 1; seq <= r.count; seq++ {
		if err := fn(seq, r.batches[seq%uint64(len(r.batches))]); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return context.Cause(ctx)
}

func (r *rounds) rows() int {
	n := 0
	for _, b := range r.batches {
		n += b.Rows()
	}
	return n * int(r.count) / len(r.batches)
}

// silence is a stream without messages.
type silence struct{}

// Consume implements store.Source.
func (silence) Consume(ctx context.Context, _ uint64, _ func(uint64, store.Record) error) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

// forgetful keeps no checkpoints: nothing is to outlive the measurement.
type forgetful struct{}

// Save implements store.Checkpoints.
func (forgetful) Save(context.Context, string, []byte) error { return nil }

// Load implements store.Checkpoints.
func (forgetful) Load(context.Context, string) ([]byte, bool, error) { return nil, false, nil }

func noDead(_ context.Context, seq uint64, reason string) error {
	return fmt.Errorf("batch %d was refused: %s", seq, reason)
}
