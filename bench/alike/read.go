package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/behaviour/slow"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/ingest"
)

// read gives the requests of a log by their actor.
func read(path string) (map[string][]slow.Request, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // read only
	var log io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if log, err = gzip.NewReader(f); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	actors := map[string][]slow.Request{}
	header := event.Header{Source: "alike", Gateway: "alike", File: "00000000000000a1", Path: path}
	err = ingest.ReadAll(log, header, accesslog.Options{Format: "combined"}, func(b *event.Batch) error {
		for row := range b.Rows() {
			if client := b.Addr(event.ClientAddress, row); client.IsValid() {
				name := finding.ActorOf(client).Value
				actors[name] = append(actors[name], requestOf(b, row))
			}
		}
		return nil
	})
	return actors, err
}

func requestOf(b *event.Batch, row int) slow.Request {
	text := func(f event.TextField) string { return string(b.Text(f, row)) }
	return slow.Request{
		Time: b.Number(event.Time, row), Method: text(event.Method), Path: text(event.Path), Query: text(event.Query),
		Status: max(0, b.Number(event.Status, row)), Protocol: text(event.Protocol), UserAgent: text(event.UserAgent), Referer: text(event.Referer),
	}
}
