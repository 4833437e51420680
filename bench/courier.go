package main

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/ingest"
	"github.com/honeymoat/honeymoat/pkg/tailer"
)

// courier ships a log as an agent does, and notes when touches pass. It is an
// agent's tailer, parser and publisher with a look at what goes in and out.
type courier struct {
	ingest.Publisher
	note func(arrival)

	mu      sync.Mutex
	carried map[string]carried // by client
}

// carried is a touch that was read and is not on the bus yet.
type carried struct {
	offset int64 // of its line
	read   time.Time
}

func newCourier(p ingest.Publisher, note func(arrival)) *courier {
	return &courier{Publisher: p, note: note, carried: map[string]carried{}}
}

// run ships a log until ctx ends.
func (c *courier) run(ctx context.Context, log string) error {
	dir, err := os.MkdirTemp(filepath.Dir(log), "courier-")
	if err != nil {
		return err
	}
	quiet := slog.New(slog.DiscardHandler)
	tail, err := tailer.New(tailer.Options{
		Sources:   []tailer.Source{{Name: "edge", Paths: []string{log}}},
		Positions: filepath.Join(dir, "positions.json"),
	}, quiet, prometheus.NewRegistry())
	if err != nil {
		return err
	}
	sources := []ingest.Source{{Name: "edge", Gateway: "edge-a", Log: accesslog.Options{Format: "combined"}}}
	pipeline, err := ingest.New(ingest.Options{}, sources, watchedFiles{tail, c}, c, quiet)
	if err != nil {
		return err
	}
	return pipeline.Run(ctx)
}

// Publish implements ingest.Publisher.
func (c *courier) Publish(ctx context.Context, b *event.Batch, after uint64) (uint64, error) {
	closed := time.Now()
	sequence, err := c.Publisher.Publish(ctx, b, after)
	if err != nil {
		return sequence, err
	}
	acknowledged := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	for client, t := range c.carried {
		if b.Start <= t.offset && t.offset < b.End {
			c.note(arrival{
				Target: client, Read: t.read.UnixNano(), Closed: closed.UnixNano(), Acknowledged: acknowledged.UnixNano(),
			})
			delete(c.carried, client)
		}
	}
	return sequence, nil
}

// look notes the touches in what was read from an offset on, unless it was
// read before.
func (c *courier) look(text []byte, offset int64) {
	now := time.Now()
	for at := 0; ; {
		next := bytes.Index(text[at:], []byte(touched))
		if next < 0 {
			return
		}
		line := bytes.LastIndexByte(text[:at+next], '\n') + 1
		client, _, _ := bytes.Cut(text[line:], []byte(" "))
		c.mu.Lock()
		if _, known := c.carried[string(client)]; !known {
			c.carried[string(client)] = carried{offset + int64(line), now}
		}
		c.mu.Unlock()
		at += next + len(touched)
	}
}

// watchedFiles are files at whose lines somebody looks.
type watchedFiles struct {
	ingest.Files
	by *courier
}

// Run implements ingest.Files.
func (f watchedFiles) Run(ctx context.Context, follow ingest.Follow) error {
	return f.Files.Run(ctx, func(ctx context.Context, file ingest.File) error {
		return follow(ctx, watchedFile{file, f.by})
	})
}

type watchedFile struct {
	ingest.File
	by *courier
}

// ReadAt implements ingest.File.
func (f watchedFile) ReadAt(p []byte, offset int64) (int, error) {
	n, err := f.File.ReadAt(p, offset)
	f.by.look(p[:n], offset)
	return n, err
}
