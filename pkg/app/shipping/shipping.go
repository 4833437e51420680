// Package shipping follows the configured logs and ships them to whoever takes
// batches of events: the part that the service and the agent have in common.
//
// It imports the configuration, the tailer, the receivers and the ingestion,
// and puts them together. It never knows where the batches go, and never
// retries as a whole: whoever runs it decides what its end means.
package shipping

import (
	"context"
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
	// Input has the lines of the source config.InputSource, if there is one.
	Input io.ReadCloser
}

// Shipping is all that takes lines on this host: from files, and pushed.
type Shipping struct {
	files  *ingest.Pipeline
	pushed pushed
}

// New makes what takes the lines of all sources, and registers its counters.
// It opens nothing before it runs. The error names the source with a mistake.
func New(o Options) (*Shipping, error) {
	files, logs, err := both(o.Sources, o.Trusted, o.Privacy)
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
	s := &Shipping{files: pipeline}
	if s.pushed, err = newPushed(o); err != nil {
		return nil, err
	}
	if err := o.Metrics.Register(newCollector(s.Stats)); err != nil {
		return nil, fmt.Errorf("register the metrics of shipping: %w", err)
	}
	return s, nil
}

// Run follows files until ctx is over. What was read and not acknowledged by
// then is read again after the next start.
func (s *Shipping) Run(ctx context.Context) error { return s.files.Run(ctx) }

// Stats gives the counters of all sources.
func (s *Shipping) Stats() ingest.Stats { return s.files.Stats().Plus(s.pushed.inbox.Stats()) }

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
		if len(file.Paths) > 0 {
			files, logs = append(files, file), append(logs, log)
		}
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
