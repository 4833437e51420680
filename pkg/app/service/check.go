package service

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	alertmanager "github.com/honeymoat/honeymoat/pkg/alerting/embedded"
	"github.com/honeymoat/honeymoat/pkg/app/shipping"
	"github.com/honeymoat/honeymoat/pkg/config"
	"github.com/honeymoat/honeymoat/pkg/privacy"
)

// Check reads everything that the configuration names, tells all mistakes at
// once, and starts and writes nothing.
func Check(cfg config.Service) error {
	p, policyErr := newPolicy(cfg, nil)
	if policyErr == nil && len(p.rules.Mistakes) > 0 {
		policyErr = p.rules.Mistakes
	}
	_, tokenErr := readTokens(cfg.API.TokenFile)
	if errors.Is(tokenErr, fs.ErrNotExist) {
		tokenErr = nil // made at the first start
	}
	// With a key, as the service has one: "hash" means nothing without.
	_, maskErr := shipping.NewMasker(cfg.Privacy, privacy.Keyring{}.Rotate(time.Now(), [32]byte{}))
	return errors.Join(policyErr, tokenErr, maskErr, shipping.Check(cfg.Sources), checkAlertmanager(cfg.Alerting), checkFiles(cfg))
}

func checkAlertmanager(cfg config.Alerting) error {
	if len(cfg.URLs) > 0 {
		return nil
	}
	_, err := alertmanager.New(alertmanager.Options{ConfigFile: cfg.ConfigFile, DataDir: filepath.Join(os.TempDir(), "unused")},
		slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	return err
}

func checkFiles(cfg config.Service) error {
	var problems []error
	files := []struct{ key, file string }{
		{"api.cert_file", cfg.API.CertFile}, {"api.key_file", cfg.API.KeyFile},
		{"store.password_file", cfg.Store.PasswordFile}, {"bus.credentials", cfg.Bus.Credentials},
	}
	for i, w := range cfg.Webhooks {
		files = append(files, struct{ key, file string }{fmt.Sprintf("webhooks[%d].secret_file", i), w.SecretFile})
	}
	for _, named := range files {
		if named.file == "" {
			continue
		}
		if _, err := os.Stat(named.file); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", named.key, err))
		}
	}
	return errors.Join(problems...)
}
