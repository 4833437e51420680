package service

import (
	"cmp"
	"fmt"

	"github.com/honeymoat/honeymoat/pkg/alerting"
	alertmanager "github.com/honeymoat/honeymoat/pkg/alerting/embedded"
)

// startAlerting starts the embedded Alertmanager, unless others are
// configured, and the poster that keeps it told.
func (s *Service) startAlerting(l *lifecycle) error {
	targets, err := s.alertTargets(l)
	if err != nil {
		return err
	}
	log := s.log.With("part", "alerting")
	if s.alerts, err = alerting.New(alerting.Options{Targets: targets}, log, s.metrics); err != nil {
		return fmt.Errorf("alerting: %w", err)
	}
	l.start("alerting", s.alerts.Run)
	return nil
}

func (s *Service) alertTargets(l *lifecycle) ([]alerting.Target, error) {
	var targets []alerting.Target
	for _, url := range s.config.Alerting.URLs {
		targets = append(targets, alerting.Target{URL: url})
	}
	if len(targets) > 0 {
		return targets, nil
	}
	am, err := alertmanager.New(alertmanager.Options{
		ConfigFile: s.config.Alerting.ConfigFile, DataDir: s.dir.AlertmanagerDir(),
		ExternalURL: s.consoleURL() + "/alertmanager",
	}, s.log.With("part", "alertmanager"), s.metrics)
	if err != nil {
		return nil, err
	}
	l.start("alertmanager", am.Run)
	s.alertmanager = am
	return []alerting.Target{{URL: "http://embedded", Transport: am.Transport()}}, nil
}

func (s *Service) consoleURL() string {
	return cmp.Or(s.config.Alerting.ConsoleURL, s.config.API.PublicURL())
}
