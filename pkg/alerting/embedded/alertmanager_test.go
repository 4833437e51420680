package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/alerting/alertingtest"
	"github.com/prometheus/client_golang/prometheus"
)

// patience is how long an expected state is waited for.
const patience = 30 * time.Second

func newInstance(t *testing.T, o Options, reg prometheus.Registerer) *Alertmanager {
	t.Helper()
	if o.DataDir == "" {
		o.DataDir = t.TempDir()
	}
	o.StartDelay = time.Millisecond
	a, err := New(o, slog.New(slog.DiscardHandler), reg)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return a
}

// run runs a until the test ends or stop is called.
func run(t *testing.T, a *Alertmanager) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	}
	t.Cleanup(stop)
	eventually(t, "the API answers", func() bool { code, _ := call(t, a, "GET", "/api/v2/status", ""); return code == http.StatusOK })
	return stop
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// call makes a request through the transport.
func call(t *testing.T, a *Alertmanager, method, path, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(method, "http://embedded"+path, strings.NewReader(body))
	if err != nil {
		t.Fatalf("request: %v", err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := a.Transport().RoundTrip(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return res.StatusCode, string(answer)
}

func raise(t *testing.T, a *Alertmanager, labels string) {
	t.Helper()
	code, answer := call(t, a, "POST", "/api/v2/alerts", `[{"labels":{`+labels+`}}]`)
	if code != http.StatusOK {
		t.Fatalf("raise %s: %d %s", labels, code, answer)
	}
}

func TestRunsWithoutConfigurationFile(t *testing.T) {
	a := newInstance(t, Options{}, prometheus.NewRegistry())
	if code, _ := call(t, a, "GET", "/api/v2/status", ""); code != http.StatusServiceUnavailable {
		t.Errorf("before Run the API answers %d, want 503", code)
	}
	stop := run(t, a)
	raise(t, a, `"alertname":"DecoyTouched","tier":"log"`)
	if _, answer := call(t, a, "GET", "/api/v2/alerts", ""); !strings.Contains(answer, "DecoyTouched") {
		t.Errorf("the alert is not in %s", answer)
	}
	stop()
	if code, _ := call(t, a, "GET", "/api/v2/status", ""); code != http.StatusServiceUnavailable {
		t.Errorf("after Run the API answers %d, want 503", code)
	}
}

func TestSilencesOutliveARestart(t *testing.T) {
	a := newInstance(t, Options{}, prometheus.NewRegistry())
	stop := run(t, a)
	now := time.Now()
	code, answer := call(t, a, "POST", "/api/v2/silences", fmt.Sprintf(
		`{"matchers":[{"name":"actor","value":"192.0.2.7","isRegex":false}],"startsAt":%q,"endsAt":%q,"createdBy":"soc","comment":"our scanner"}`,
		now.Format(time.RFC3339), now.Add(time.Hour).Format(time.RFC3339)))
	if code != http.StatusOK {
		t.Fatalf("make a silence: %d %s", code, answer)
	}
	stop()
	run(t, a) // the same one again: Run may be called after it returned
	if _, answer := call(t, a, "GET", "/api/v2/silences", ""); !strings.Contains(answer, "our scanner") {
		t.Errorf("after a restart the silences are %s", answer)
	}
}

func TestDamagedSnapshotIsSetAside(t *testing.T) {
	dir := t.TempDir()
	damage := []byte{0xff, 0x01, 0x02, 0x03}
	for _, name := range []string{"nflog", "silences"} {
		if err := os.WriteFile(filepath.Join(dir, name), damage, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run(t, newInstance(t, Options{DataDir: dir}, prometheus.NewRegistry()))
	for _, name := range []string{"nflog", "silences"} {
		kept, err := os.ReadFile(filepath.Join(dir, name+".damaged"))
		if err != nil || !bytes.Equal(kept, damage) {
			t.Errorf("%s was not kept: %v", name, err)
		}
	}
}

func TestRunRefusesAnUnusableDataDirectory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	a := newInstance(t, Options{DataDir: file}, prometheus.NewRegistry())
	if err := a.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "data directory") {
		t.Errorf("Run on a file: %v", err)
	}
}

func TestSecondInstanceOnOneRegistryIsAnError(t *testing.T) {
	reg := prometheus.NewRegistry()
	stop := run(t, newInstance(t, Options{}, reg))
	if err := newInstance(t, Options{}, reg).Run(t.Context()); err == nil {
		t.Error("the metrics of two were taken for one")
	}
	stop()
	run(t, newInstance(t, Options{}, reg))
}

func TestNewRefuses(t *testing.T) {
	f := func(o Options) {
		t.Helper()
		if _, err := New(o, slog.New(slog.DiscardHandler), prometheus.NewRegistry()); err == nil {
			t.Errorf("options %+v were accepted", o)
		}
	}
	f(Options{})
	f(Options{DataDir: "d", ExternalURL: "console"})
	f(Options{DataDir: "d", Snapshot: -1})
	f(Options{DataDir: "d", MaxGroups: -1})
}

func TestReload(t *testing.T) {
	receivers := alertingtest.NewReceivers(t)
	a := newInstance(t, Options{}, prometheus.NewRegistry())
	run(t, a)

	var located *ConfigError
	if err := a.Reload(filepath.Join("testdata", "undefined_receiver.yml")); !errors.As(err, &located) || located.Line != 5 {
		t.Errorf("a broken file: %v, want its line", err)
	}
	raise(t, a, `"alertname":"Early","tier":"page"`)

	if err := a.Reload(alertingtest.ExampleConfig(t, receivers)); err != nil {
		t.Fatalf("Reload: %v", err)
	}
	if got := receivers.Pager.Next(t); got.Alerts[0].Labels["alertname"] != "Early" {
		t.Errorf("after the reload the pager got %v, want the alert from before", got)
	}

	if err := a.Reload(filepath.Join("testdata", "tab.yml")); err == nil {
		t.Error("a broken file was accepted")
	}
	raise(t, a, `"alertname":"Late","tier":"page"`)
	if got := receivers.Pager.Next(t); got.Alerts[0].Labels["alertname"] != "Late" {
		t.Errorf("after a refused reload the pager got %v", got)
	}
}

func TestReloadBeforeRunSettlesWhatItStartsWith(t *testing.T) {
	receivers := alertingtest.NewReceivers(t)
	a := newInstance(t, Options{}, prometheus.NewRegistry())
	if err := a.Reload(alertingtest.ExampleConfig(t, receivers)); err != nil {
		t.Fatalf("Reload: %v", err)
	}
	run(t, a)
	raise(t, a, `"alertname":"A","tier":"page"`)
	receivers.Pager.Next(t)
}

func TestGroupsAreBounded(t *testing.T) {
	receivers := alertingtest.NewReceivers(t)
	reg := prometheus.NewRegistry()
	a := newInstance(t, Options{ConfigFile: alertingtest.ExampleConfig(t, receivers), MaxGroups: 5}, reg)
	run(t, a)
	for i := range 20 {
		raise(t, a, fmt.Sprintf(`"alertname":"A%d","tier":"page"`, i))
	}
	const groups = "alertmanager_dispatcher_aggregation_groups"
	eventually(t, "every alert has found a group or none", func() bool {
		return gathered(t, reg, groups)+gathered(t, reg, "alertmanager_dispatcher_aggregation_group_limit_reached_total") == 20
	})
	// The dispatcher's workers, at most eight, check the limit side by side.
	if n := gathered(t, reg, groups); n < 5 || n > 5+7 {
		t.Errorf("%v groups, want 5, and at most one more for each other worker", n)
	}
}

// gathered sums a metric over its labels.
func gathered(t *testing.T, reg prometheus.Gatherer, name string) (sum float64) {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatalf("gather metrics: %v", err)
	}
	for _, f := range families {
		if f.GetName() == name {
			for _, m := range f.GetMetric() {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}
