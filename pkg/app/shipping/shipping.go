// Package shipping follows the configured logs and ships them to whoever takes
// batches of events: the part that the service and the agent have in common.
//
// It imports the configuration, the tailer, the receivers and the ingestion,
// and puts them together. It never knows where the batches go, and never
// retries as a whole: whoever runs it decides what its end means.
package shipping

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/ingest"
	"github.com/honeymoat/honeymoat/pkg/privacy"
	"github.com/honeymoat/honeymoat/pkg/tailer"
)

// Options say what is followed and where it goes. All but Sources, Keeper and
// Privacy are needed.
type Options struct {
	Sources   []config.Source
	Trusted   func(netip.Addr) bool // hops whose forwarded-for is believed
	Positions string                // file that remembers how far each log has been shipped
	To        ingest.Publisher
	Keeper    ingest.Keeper  // of what cannot be parsed; nil keeps none
	Privacy   config.Privacy // of sources that are masked on this host
	Log       *slog.Logger
	Metrics   prometheus.Registerer
	// Pushed are the counters of what a Receiver takes, to be told with those
	// of files; nil where there is none.
	Pushed func() ingest.Stats
	Input  io.ReadCloser // has the lines of the source config.InputSource, if there is one
}

// stats adds the counters of what is pushed.
func (o *Options) stats(files ingest.Stats) ingest.Stats {
	if o.Pushed == nil {
		return files
	}
	return files.Plus(o.Pushed())
}

// newPipeline makes the pipeline of all files, and registers its counters. It opens
// nothing before it runs. The error names the source with a mistake.
func newPipeline(o Options) (*ingest.Pipeline, error) {
	files, logs, err := both(inFiles(o.Sources), o.Trusted, o.Privacy)
	if err != nil {
		return nil, err
	}
	tail, err := tailer.New(tailer.Options{Sources: files, Positions: o.Positions}, o.Log, o.Metrics)
	if err != nil {
		return nil, fmt.Errorf("follow logs: %w", err)
	}
	pipeline, err := ingest.New(ingest.Options{Keeper: o.Keeper}, logs, tail, o.To, o.Log)
	if err != nil {
		return nil, fmt.Errorf("ship logs: %w", err)
	}
	if err := o.Metrics.Register(newCollector(func() ingest.Stats { return o.stats(pipeline.Stats()) })); err != nil {
		return nil, fmt.Errorf("register the metrics of shipping: %w", err)
	}
	return pipeline, nil
}

// inFiles are the sources that have files.
func inFiles(sources []config.Source) (some []config.Source) {
	for _, s := range sources {
		if len(s.Paths) > 0 {
			some = append(some, s)
		}
	}
	return some
}

// both gives the sources as the tailer and as the pipeline know them.
func both(sources []config.Source, trusted func(netip.Addr) bool, masked config.Privacy) (files []tailer.Source, logs []ingest.Source, err error) {
	// Without keys: the hashes that stand for people are the service's to make.
	masker, err := NewMasker(masked, privacy.Keyring{})
	if err != nil {
		return nil, nil, err
	}
	for _, s := range sources {
		file, log, err := source(s, trusted)
		if err != nil {
			return nil, nil, err
		}
		if s.Mask == "host" {
			log.Mask = masker.Batch
		}
		files, logs = append(files, file), append(logs, log)
	}
	return files, logs, nil
}

// Check tells the mistakes of all sources at once.
func Check(sources []config.Source) error {
	var problems []error
	for _, s := range sources {
		_, log, err := source(s, func(netip.Addr) bool { return false })
		if err == nil {
			if _, err = accesslog.NewReader(log.Log); err != nil {
				err = fmt.Errorf("source %s: %w", s.Name, err)
			}
		}
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

// Parsing is a configured source as the pipeline knows it: how its lines are
// read.
func Parsing(s config.Source, trusted func(netip.Addr) bool) (ingest.Source, error) {
	_, log, err := source(s, trusted)
	return log, err
}

// source is a configured source as the tailer and as the pipeline know it.
func source(s config.Source, trusted func(netip.Addr) bool) (tailer.Source, ingest.Source, error) {
	from, err := tailer.ParseFrom(s.From)
	if err != nil {
		return tailer.Source{}, ingest.Source{}, fmt.Errorf("source %s: %w", s.Name, err)
	}
	kind := event.Access
	if s.Kind == event.Decoy.String() {
		kind = event.Decoy
	}
	zone, err := s.Location()
	if err != nil {
		return tailer.Source{}, ingest.Source{}, fmt.Errorf("source %s: %w", s.Name, err)
	}
	return tailer.Source{Name: s.Name, Paths: s.Paths, From: from}, ingest.Source{
		Name: s.Name, Gateway: s.Gateway, Kind: kind,
		Log: accesslog.Options{
			Format: s.Format, Pattern: s.Pattern, Mapping: mapping(s.Fields), Zone: zone,
			Trusted: trusted, ClientHeader: s.ClientHeader, ForwardedAppended: s.ForwardedAppended,
		},
	}, nil
}

// mapping is nil without fields: the documented log_format then holds.
func mapping(fields map[string]config.Field) accesslog.Mapping {
	if len(fields) == 0 {
		return nil
	}
	m := accesslog.Mapping{}
	for name, f := range fields {
		m[name] = accesslog.Pointer{Path: f.Pointer, Unit: f.Unit}
	}
	return m
}
