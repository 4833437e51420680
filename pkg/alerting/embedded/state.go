package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/alertmanager/dispatch"
	"github.com/prometheus/alertmanager/eventrecorder"
	"github.com/prometheus/alertmanager/featurecontrol"
	"github.com/prometheus/alertmanager/marker"
	"github.com/prometheus/alertmanager/nflog"
	"github.com/prometheus/alertmanager/notify"
	"github.com/prometheus/alertmanager/provider/mem"
	"github.com/prometheus/alertmanager/silence"
	"github.com/prometheus/client_golang/prometheus"
)

// alertGC is how often resolved alerts are dropped.
const alertGC = time.Minute

// state is what outlives a reload: alerts, silences, the notification log, and
// the metrics of all parts.
type state struct {
	alerts          *mem.Alerts
	silences        *silence.Silences
	silencer        *silence.Silencer
	nflog           *nflog.Log
	marker          marker.GroupMarker
	builder         *notify.PipelineBuilder
	dispatchMetrics *dispatch.DispatcherMetrics
	log             *slog.Logger
	started         time.Time

	quit        chan struct{} // closed to write the last snapshots
	maintenance sync.WaitGroup
}

// openState reads the snapshots of o.DataDir and starts to write them. The
// caller calls close.
func openState(o Options, log *slog.Logger, reg prometheus.Registerer) (*state, error) {
	if err := os.MkdirAll(o.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	s := &state{
		marker:          marker.NewGroupMarker(),
		builder:         notify.NewPipelineBuilder(reg, featurecontrol.NoopFlags{}, eventrecorder.NopRecorder()),
		dispatchMetrics: dispatch.NewDispatcherMetrics(false, reg, featurecontrol.NoopFlags{}),
		log:             log,
		started:         time.Now(),
		quit:            make(chan struct{}),
	}
	if err := s.openLogs(o, reg); err != nil {
		return nil, err
	}
	s.silencer = silence.NewSilencer(s.silences, log, eventrecorder.NopRecorder())
	alerts, err := mem.NewAlerts(context.Background(), alertGC, o.MaxAlertsPerName, s.silencer, log,
		eventrecorder.NopRecorder(), reg, featurecontrol.NoopFlags{})
	if err != nil {
		return nil, fmt.Errorf("make alert store: %w", err)
	}
	s.alerts = alerts
	s.maintain(o)
	return s, nil
}

func (s *state) openLogs(o Options, reg prometheus.Registerer) (err error) {
	s.nflog, err = openSnapshot(nflogFile(o), s.log, reg, func(file string, reg prometheus.Registerer) (*nflog.Log, error) {
		return nflog.New(nflog.Options{SnapshotFile: file, Retention: o.Retention, Logger: s.log, Metrics: reg})
	})
	if err != nil {
		return err
	}
	s.silences, err = openSnapshot(silencesFile(o), s.log, reg, func(file string, reg prometheus.Registerer) (*silence.Silences, error) {
		return silence.New(silence.Options{
			SnapshotFile: file, Retention: o.Retention, Logger: s.log, Metrics: reg,
			Limits: silence.Limits{
				MaxSilences:         func() int { return o.MaxSilences },
				MaxSilenceSizeBytes: func() int { return maxSilenceBytes },
			},
			EventRecorder: eventrecorder.NopRecorder(),
		})
	})
	return err
}

// openSnapshot reads what a part kept. A snapshot that cannot be decoded (a
// disk that lied, a flipped bit) is set aside and not a reason to tell nobody
// anything: what is lost is some silences, or that somebody was told already.
func openSnapshot[T any](file string, log *slog.Logger, reg prometheus.Registerer, open func(string, prometheus.Registerer) (T, error)) (T, error) {
	_, err := open(file, prometheus.NewRegistry())
	var path *fs.PathError
	switch {
	case errors.As(err, &path):
		var none T
		return none, fmt.Errorf("read snapshot: %w", err)
	case err != nil:
		aside := file + ".damaged"
		log.Error("snapshot is damaged; starting without it", "file", file, "kept_as", aside, "err", err)
		if err := os.Rename(file, aside); err != nil {
			var none T
			return none, fmt.Errorf("set damaged snapshot aside: %w", err)
		}
	}
	return open(file, reg)
}

func nflogFile(o Options) string    { return filepath.Join(o.DataDir, "nflog") }
func silencesFile(o Options) string { return filepath.Join(o.DataDir, "silences") }

// maintain writes both snapshots on the interval, and once more on close.
func (s *state) maintain(o Options) {
	s.maintenance.Go(func() { s.nflog.Maintenance(o.Snapshot, nflogFile(o), s.quit, nil) })
	s.maintenance.Go(func() { s.silences.Maintenance(o.Snapshot, silencesFile(o), s.quit, nil) })
}

func (s *state) close() {
	close(s.quit)
	s.maintenance.Wait()
	s.alerts.Close()
}
