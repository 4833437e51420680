package alerting

import (
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

func TestNewRefuses(t *testing.T) {
	f := func(o Options) {
		t.Helper()
		if _, err := New(o, slog.New(slog.DiscardHandler), prometheus.NewRegistry()); err == nil {
			t.Errorf("options %+v were accepted", o)
		}
	}
	ok := []Target{{URL: "http://am:9093"}}
	f(Options{})
	f(Options{Targets: ok, Resend: -time.Second})
	f(Options{Targets: ok, Resend: time.Minute, Hold: 3 * time.Minute})
	f(Options{Targets: ok, Timeout: -1})
	f(Options{Targets: ok, MaxAlerts: -1})
	f(Options{Targets: []Target{{URL: "am:9093"}}})
	f(Options{Targets: []Target{{URL: "ftp://am"}}})
	f(Options{Targets: []Target{{URL: "http://user:secret@am"}}})
	f(Options{Targets: []Target{{URL: "http://am", Username: "u", BearerToken: "t"}}})

	reg := prometheus.NewRegistry()
	if _, err := New(Options{Targets: ok}, slog.New(slog.DiscardHandler), reg); err != nil {
		t.Fatalf("New: %v", err)
	}
	if _, err := New(Options{Targets: ok}, slog.New(slog.DiscardHandler), reg); err == nil {
		t.Error("a second Poster took the metrics of the first")
	}
}

func TestNewErrorHidesCredentials(t *testing.T) {
	for _, url := range []string{"http://user:s3cret@am", "http://user:s3cret@am:port", "http://am/%zz?s3cret"} {
		_, err := New(Options{Targets: []Target{{URL: url}}}, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
		if err == nil {
			t.Errorf("%s was accepted", url)
			continue
		}
		if containsSecret(err.Error()) {
			t.Errorf("the error shows the credentials: %v", err)
		}
	}
}
