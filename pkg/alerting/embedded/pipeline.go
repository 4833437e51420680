package embedded

import (
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/alertmanager/dispatch"
	"github.com/prometheus/alertmanager/eventrecorder"
	"github.com/prometheus/alertmanager/inhibit"
	"github.com/prometheus/alertmanager/notify"
)

// pipeline is one plan in force: what a reload replaces as a whole.
type pipeline struct {
	inhibitor  *inhibit.Inhibitor
	dispatcher *dispatch.Dispatcher
	gate       *gate
	log        *slog.Logger
	running    sync.WaitGroup
}

// startPipeline returns when the pipeline knows all alerts that are in the
// state already. The inhibitor comes first, so that nobody is told of an alert
// that another one mutes.
func startPipeline(p *plan, s *state, o Options) *pipeline {
	l := &pipeline{
		log:       s.log,
		inhibitor: inhibit.NewInhibitor(s.alerts, p.config.InhibitRules, s.log, eventrecorder.NopRecorder()),
	}
	noWait := func() time.Duration { return 0 }
	l.gate = newGate(s.builder.New(p.receivers, noWait, l.inhibitor, s.silencer, p.intervener, s.marker, s.nflog, nil))
	l.dispatcher = dispatch.NewDispatcher(s.alerts, p.routes, l.gate, s.marker, notifyTimeout,
		groupMaintenance, groupLimit(o.MaxGroups), s.log, eventrecorder.NopRecorder(), s.dispatchMetrics, p.templates)
	l.running.Go(l.inhibitor.Run)
	l.inhibitor.WaitForLoading()
	l.running.Go(func() { l.dispatcher.Run(s.started.Add(o.StartDelay)) })
	l.dispatcher.WaitForLoading()
	return l
}

// stop lets nothing more be notified. What is under way has a moment to be
// acknowledged, then it is cancelled, and then abandoned: Alertmanager's e-mail
// does not heed its context while a mail server is silent.
func (l *pipeline) stop() {
	l.gate.close()
	l.gate.wait(stopGrace)
	l.inhibitor.Stop()
	l.dispatcher.Stop()
	if !l.gate.wait(stopGrace) {
		l.log.Error("a receiver does not answer and was abandoned; it may be notified again after a restart")
	}
	l.running.Wait()
}

// stopGrace is how long a stop or a reload waits for receivers to answer, once
// before it cancels notifications and once after.
const stopGrace = 2 * time.Second

// groupMaintenance is how often groups without alerts are dropped.
const groupMaintenance = 30 * time.Second

// notifyTimeout bounds a notification with its retries, given the interval of
// its group.
func notifyTimeout(interval time.Duration) time.Duration {
	return max(interval, notify.MinTimeout)
}
