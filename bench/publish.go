package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/bench/stage"
	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/bus"
	busserver "github.com/honeymoat/honeymoat/pkg/bus/embedded"
	"github.com/honeymoat/honeymoat/pkg/ingest"
	"github.com/honeymoat/honeymoat/pkg/tailer"
)

// measurePublish has the log tailed, parsed, encoded and published on the
// embedded bus, which syncs every batch to disk.
func measurePublish(ctx context.Context, o options) (w work, err error) {
	dir, err := os.MkdirTemp(o.dir, "publish-")
	if err != nil {
		return w, err
	}
	b, stop, err := startBus(ctx, filepath.Join(dir, "bus"))
	if err != nil {
		return w, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	pipeline, err := newPipeline(logFile(o.dir), dir, b)
	if err != nil {
		return w, err
	}
	info, err := os.Stat(logFile(o.dir))
	if err != nil {
		return w, err
	}
	m, err := startMeter(o.profile, "publish")
	if err != nil {
		return w, err
	}
	end := background(ctx, pipeline.Run)
	err = stage.Until(ctx, "the log is published", func(context.Context) error {
		if have := pipeline.Stats().Sources[header.Source].Bytes; have < uint64(info.Size()) {
			return fmt.Errorf("%d of %d bytes", have, info.Size())
		}
		return nil
	})
	if err == nil {
		w, err = m.stop(int(pipeline.Stats().Sources[header.Source].Lines))
	}
	return w, errors.Join(err, end())
}

func newPipeline(log, dir string, b *bus.Bus) (*ingest.Pipeline, error) {
	tail, err := tailer.New(tailer.Options{
		Sources:   []tailer.Source{{Name: header.Source, Paths: []string{log}}},
		Positions: filepath.Join(dir, "positions.json"),
	}, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		return nil, err
	}
	sources := []ingest.Source{{Name: header.Source, Gateway: header.Gateway, Log: accesslog.Options{Format: "combined"}}}
	return ingest.New(ingest.Options{}, sources, tail, b.Publisher(bus.Local), slog.New(slog.DiscardHandler))
}

// startBus starts the embedded server as the service does. stop ends it.
func startBus(ctx context.Context, dir string) (b *bus.Bus, stop func() error, err error) {
	server, err := busserver.New(busserver.Options{Dir: dir, Key: strings.Repeat("bench ", 8)}, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, nil, err
	}
	end := background(ctx, server.Run)
	select {
	case <-server.Ready():
	case <-ctx.Done():
		return nil, nil, errors.Join(ctx.Err(), end())
	}
	user, password := server.Login()
	b, err = bus.Connect(ctx, bus.Options{InProcess: server, User: user, Password: password})
	if err != nil {
		return nil, nil, errors.Join(err, end())
	}
	return b, func() error { b.Close(); return end() }, nil
}

// background runs a part until end is called, which waits for it.
func background(ctx context.Context, run func(context.Context) error) (end func() error) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	return func() error {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
		return nil
	}
}
