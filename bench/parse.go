package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/app/ruleset"
	"github.com/honeymoat/honeymoat/pkg/decoy"
	"github.com/honeymoat/honeymoat/pkg/detect"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/ingest"
)

// header is that of all batches of the log.
var header = event.Header{Source: "bench", Gateway: "bench", File: "00000000000000be", Path: "access.log"}

// readLog parses the log on one core.
func readLog(path string, emit func(*event.Batch) error) error { return readAs(path, "combined", emit) }

// readAs is readLog for a log of another format.
func readAs(path, format string, emit func(*event.Batch) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // read only
	return ingest.ReadAll(f, header, accesslog.Options{Format: format}, emit)
}

// measureParse reads and parses the log, and throws the columns away.
func measureParse(_ context.Context, o options) (work, error) {
	return parseAll(o, "parse", logFile(o.dir), "combined")
}

// jsonShare is how much shorter the JSON log is than the other one, whose
// lines are half as long.
const jsonShare = 4

// measureParseJSON parses the same requests as our documented log_format has
// them.
func measureParseJSON(_ context.Context, o options) (work, error) {
	path := filepath.Join(o.dir, "access.json")
	if err := writeLog(path, o.lines/jsonShare, documented); err != nil {
		return work{}, err
	}
	w, err := parseAll(o, "parse-json", path, "json")
	return w, errors.Join(err, os.Remove(path))
}

func parseAll(o options, name, path, format string) (work, error) {
	m, err := startMeter(o.profile, name)
	if err != nil {
		return work{}, err
	}
	rows := 0
	err = readAs(path, format, func(b *event.Batch) error {
		rows += b.Rows()
		return nil
	})
	if err != nil {
		return work{}, err
	}
	return m.stop(rows)
}

// sample is how many batches are kept in memory for stages that do not parse.
const sample = 64

// parsed gives the first batches of the log.
func parsed(path string) ([]*event.Batch, error) {
	var batches []*event.Batch
	codec, err := event.NewCodec()
	if err != nil {
		return nil, err
	}
	defer codec.Close()
	enough := context.Canceled
	err = readLog(path, func(b *event.Batch) error {
		if len(batches) == sample {
			return enough
		}
		kept := new(event.Batch)
		batches = append(batches, kept)
		return codec.Decode(codec.Append(nil, b), kept)
	})
	if err != nil && err != enough {
		return nil, err
	}
	return batches, nil
}

// detectRounds is how often detection sees the batches.
const detectRounds = 20

// measureDetect holds batches against decoys and rules as shipped,
// correlations included.
func measureDetect(_ context.Context, o options) (work, error) {
	batches, err := parsed(logFile(o.dir))
	if err != nil {
		return work{}, err
	}
	catalogue, err := decoy.Shipped()
	if err != nil {
		return work{}, err
	}
	set, err := ruleset.Load(ruleset.Options{Shipped: true})
	if err != nil {
		return work{}, err
	}
	d := detect.New(detect.Options{Catalogue: catalogue, Rulebook: detect.NewRulebook(set.Collection, detect.RulebookOptions{})})
	m, err := startMeter(o.profile, "detect")
	if err != nil {
		return work{}, err
	}
	rows := 0
	var found detect.Result
	for range detectRounds {
		for _, b := range batches {
			d.Detect(b, &found)
			rows += b.Rows()
		}
	}
	return m.stop(rows)
}
