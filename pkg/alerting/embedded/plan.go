package embedded

import (
	_ "embed"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"time"

	"github.com/prometheus/alertmanager/config"
	"github.com/prometheus/alertmanager/config/receiver"
	"github.com/prometheus/alertmanager/dispatch"
	"github.com/prometheus/alertmanager/notify"
	"github.com/prometheus/alertmanager/template"
	"github.com/prometheus/alertmanager/timeinterval"
)

//go:embed default.yml
var defaultConfig string

// plan is a configuration with everything done that can fail, so that to put
// it in force cannot.
type plan struct {
	config     *config.Config
	templates  *template.Template
	routes     *dispatch.Route
	receivers  map[string][]notify.Integration
	intervener *timeinterval.Intervener
}

func newPlan(file string, external *url.URL, log *slog.Logger) (*plan, error) {
	conf, err := load(file)
	if err != nil {
		return nil, err
	}
	p := &plan{config: conf, routes: dispatch.NewRoute(conf.Route, nil)}
	if p.templates, err = loadTemplates(file, conf.Templates); err != nil {
		return nil, err
	}
	p.templates.ExternalURL = external
	if err := p.buildReceivers(log); err != nil {
		return nil, newConfigError(file, err)
	}
	p.intervener = timeinterval.NewIntervener(intervals(conf))
	return p, nil
}

func load(file string) (*config.Config, error) {
	if file == "" {
		return config.Load(defaultConfig)
	}
	conf, err := config.LoadFile(file)
	if err != nil {
		return nil, newConfigError(file, err)
	}
	return conf, nil
}

// loadTemplates refuses a pattern that names no file, which Alertmanager lets
// pass: the first one to notice would be whoever is not notified.
func loadTemplates(file string, patterns []string) (*template.Template, error) {
	var files []string
	for _, pattern := range patterns {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			e := newConfigError(file, fmt.Errorf("no template is named %q", filepath.Base(pattern)))
			e.Hint = "put the file at " + pattern + ", or correct templates:"
			return nil, e
		}
		files = append(files, found...)
	}
	t, err := template.FromGlobs(patterns)
	if err != nil {
		return nil, templateError(files, err)
	}
	return t, nil
}

// buildReceivers leaves out receivers that no route uses.
func (p *plan) buildReceivers(log *slog.Logger) error {
	p.receivers = make(map[string][]notify.Integration)
	p.routes.Walk(func(r *dispatch.Route) { p.receivers[r.RouteOpts.Receiver] = nil })
	for _, r := range p.config.Receivers {
		if _, used := p.receivers[r.Name]; !used {
			log.Info("receiver is not used by any route", "receiver", r.Name)
			continue
		}
		integrations, err := receiver.BuildReceiverIntegrations(r, p.templates, log)
		if err != nil {
			return fmt.Errorf("receiver %q: %w", r.Name, err)
		}
		p.receivers[r.Name] = integrations
	}
	return nil
}

func intervals(conf *config.Config) map[string][]timeinterval.TimeInterval {
	out := make(map[string][]timeinterval.TimeInterval)
	for _, i := range conf.MuteTimeIntervals {
		out[i.Name] = i.TimeIntervals
	}
	for _, i := range conf.TimeIntervals {
		out[i.Name] = i.TimeIntervals
	}
	return out
}

// warnRepeats names routes that would repeat themselves more often than they
// say, because the notification log forgets before.
func (p *plan) warnRepeats(retention time.Duration, log *slog.Logger) {
	p.routes.Walk(func(r *dispatch.Route) {
		if r.RouteOpts.RepeatInterval > retention {
			log.Warn("repeat_interval is longer than the notification log is kept; lower it or raise retention",
				"route", r.Key(), "repeat_interval", r.RouteOpts.RepeatInterval, "retention", retention)
		}
	})
}
