package alertingtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Secrets that ExampleConfig puts into the files that the example names.
const (
	SMTPPassword = "smtp-password-of-the-test"
	DigestToken  = "digest-token-of-the-test"
	PagerToken   = "pager-token-of-the-test"
)

// Receivers stand in for those of the example configuration.
type Receivers struct {
	Digest, Pager *WebhookSink
	Mail          *SMTPSink
}

// NewReceivers starts all three; they end with the test.
func NewReceivers(tb testing.TB) Receivers {
	tb.Helper()
	return Receivers{
		Digest: NewWebhookSink(tb),
		Pager:  NewWebhookSink(tb),
		Mail:   NewSMTPSink(tb, SMTPPassword),
	}
}

// ExamplePath is deploy/alertmanager/alertmanager.yml, found from the
// directory in which the test runs.
func ExamplePath(tb testing.TB) string {
	tb.Helper()
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatalf("find the repository: %v", err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "deploy", "alertmanager", "alertmanager.yml")
		}
		if dir == filepath.Dir(dir) {
			tb.Fatal("find the repository: no go.mod above the working directory")
		}
	}
}

// ExampleConfig writes the example configuration with the receivers r, secrets
// in files, waits of milliseconds, and a morning of all day, and gives its path.
// Everything else is as operators get it.
func ExampleConfig(tb testing.TB, r Receivers) string {
	tb.Helper()
	dir := tb.TempDir()
	return writeConfig(tb, dir, adapted(tb, r, dir))
}

// readExample gives a file of deploy/alertmanager.
func readExample(tb testing.TB, name string) string {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(filepath.Dir(ExamplePath(tb)), name))
	if err != nil {
		tb.Fatalf("read the example configuration: %v", err)
	}
	return string(text)
}

// adapted is the example with what of it tests have to change.
func adapted(tb testing.TB, r Receivers, dir string) string {
	tb.Helper()
	example, config := ExamplePath(tb), readExample(tb, "alertmanager.yml")
	for _, change := range [...]struct{ from, to string }{
		{"http://digest.example.org:8081/honeymoat", r.Digest.URL()},
		{"http://pager.example.org:8082/honeymoat", r.Pager.URL()},
		{"mail.example.org:587", r.Mail.Address()},
		{"smtp_require_tls: true", "smtp_require_tls: false"},
		{"start_time: '08:00', end_time: '09:00'", "start_time: '00:00', end_time: '24:00'"},
		{"templates/*.tmpl", filepath.Join(filepath.Dir(example), "templates", "*.tmpl")},
		{"/etc/honeymoat/secrets/smtp_password", writeSecret(tb, dir, "smtp_password", SMTPPassword)},
		{"/etc/honeymoat/secrets/digest_token", writeSecret(tb, dir, "digest_token", DigestToken)},
		{"/etc/honeymoat/secrets/pager_token", writeSecret(tb, dir, "pager_token", PagerToken)},
	} {
		if !strings.Contains(config, change.from) {
			tb.Fatalf("the example configuration no longer holds %q", change.from)
		}
		config = strings.ReplaceAll(config, change.from, change.to)
	}
	return hasten(config)
}

func writeConfig(tb testing.TB, dir, config string) string {
	tb.Helper()
	path := filepath.Join(dir, "alertmanager.yml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		tb.Fatalf("write configuration: %v", err)
	}
	return path
}

// hasten shortens the waits; repeat_interval stays, so that a notification
// that comes twice is a mistake and not a repeat.
func hasten(config string) string {
	config = regexp.MustCompile(`group_wait: \S+`).ReplaceAllString(config, "group_wait: 100ms")
	return regexp.MustCompile(`group_interval: \S+`).ReplaceAllString(config, "group_interval: 300ms")
}

func writeSecret(tb testing.TB, dir, name, value string) string {
	tb.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(value), 0o600); err != nil {
		tb.Fatalf("write secret: %v", err)
	}
	return path
}
