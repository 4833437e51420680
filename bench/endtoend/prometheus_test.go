package endtoend

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/honeymoat/honeymoat/bench/stage"
	"github.com/honeymoat/honeymoat/pkg/alerting/alertingtest"
)

const (
	prometheusRules = "../../deploy/prometheus/rules/honeymoat.yml"
	prometheusTests = "../../deploy/prometheus/tests/honeymoat_test.yml"
	composed        = "../../deploy/compose/prometheus/prometheus.yml"
)

// ruleFile is what tests need of a file of Prometheus' rules.
type ruleFile struct {
	Groups []struct {
		Rules []struct {
			Record, Alert, Expr string
			Labels, Annotations map[string]string
		}
	}
}

func readRules(t *testing.T) (file ruleFile) {
	t.Helper()
	text, err := os.ReadFile(prometheusRules)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	return file
}

// promtool fails the test when the program is missing: make setup installs it.
func promtool(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("promtool", args...).CombinedOutput(); err != nil {
		t.Errorf("promtool %s (Debian package prometheus): %v\n%s", strings.Join(args, " "), err, out)
	}
}

func TestPrometheusRules(t *testing.T) {
	t.Parallel()
	promtool(t, "check", "rules", prometheusRules)
	promtool(t, "test", "rules", prometheusTests)
	dir := t.TempDir()
	rules, err := filepath.Abs(filepath.Dir(prometheusRules))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(composed)
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "prometheus.yml")
	for path, content := range map[string]string{
		config:                    strings.NewReplacer("/shared/", dir+"/", "/etc/prometheus/rules", rules).Replace(string(text)),
		dir + "/prometheus.token": "x", dir + "/ca.pem": "x",
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	promtool(t, "check", "config", config)
}

// Every alert is routed, is told in words, and has a unit test in which it fires.
func TestPrometheusAlertsAreWhole(t *testing.T) {
	t.Parallel()
	tests, err := os.ReadFile(prometheusTests)
	if err != nil {
		t.Fatal(err)
	}
	severities := map[string][]string{"critical": {"page", "notify"}, "warning": {"notify"}, "info": {"log"}}
	for _, g := range readRules(t).Groups {
		for _, r := range g.Rules {
			if r.Alert == "" {
				continue
			}
			if !strings.HasPrefix(r.Alert, "Honeymoat") || r.Labels["family"] != "health" || !slices.Contains(severities[r.Labels["severity"]], r.Labels["tier"]) {
				t.Errorf("%s has the labels %v", r.Alert, r.Labels)
			}
			for _, name := range []string{"summary", "description", "action"} {
				if r.Annotations[name] == "" {
					t.Errorf("%s has no %s", r.Alert, name)
				}
			}
			if !strings.Contains(string(tests), `alertname="`+r.Alert+`"`) {
				t.Errorf("%s fires in no unit test", r.Alert)
			}
		}
	}
}

// TestPrometheusRulesNameWhatThereIs: each metric of a rule is one that a
// running service or agent shows, or that the code names for a gateway that is
// not on this stage.
func TestPrometheusRulesNameWhatThereIs(t *testing.T) {
	t.Parallel()
	p, g := measuredPlay(t)
	p.touch(p.visitor(attacker), g)
	missing := named(readRules(t))
	p.eventually("all metrics of the rules are shown", func(ctx context.Context) error {
		shown, err := p.shown(ctx, g)
		if err != nil {
			return err
		}
		missing = slices.DeleteFunc(missing, func(name string) bool { return shown[name] || ofGateway[name] })
		if len(missing) > 0 {
			return fmt.Errorf("nobody shows %v", missing)
		}
		return nil
	})
}

// ofGateway are metrics of ways to enforce that this stage does not have; the
// tests beside them look at them.
var ofGateway = map[string]bool{"honeymoat_haproxy_in_step": true, "honeymoat_nginx_failing": true}

// measuredPlay has everything on the stage that a metric comes of: a webhook, a
// feed, receivers, an agent that shows metrics, and a log with garbage in it.
func measuredPlay(t *testing.T) (*play, *stage.Gateway) {
	t.Helper()
	p := &play{T: t, Stage: newStage(t)}
	var err error
	p.backend, err = p.Backend()
	p.must(err)
	log := p.write("garbage.log", strings.Repeat("this is no log line\n", 40))
	p.service, err = p.Service(p.deadline(), stage.Settings{
		"alerting.config_file": alertingtest.ExampleConfig(t, alertingtest.NewReceivers(t)),
		"webhooks":             []map[string]any{{"name": "siem", "url": newReceiver(t).URL, "secret_file": p.write("hook.secret", hookSecret)}},
		"intel.feeds":          []map[string]any{{"name": "partners", "file": p.write("feed.txt", "203.0.113.250\n")}},
		"sources":              []stage.Source{{Name: "garbage", Paths: []string{log}, Format: "combined"}},
	})
	p.must(err)
	address, err := p.Address()
	p.must(err)
	return p, p.gateway("edge-a", stage.Settings{"metrics.listen": address})
}

var (
	metricName = regexp.MustCompile(`\b(?:honeymoat|alertmanager)_[a-z0-9_]+\b`)
)

// named lists the metrics of all expressions, in order.
func named(file ruleFile) (names []string) {
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			names = append(names, metricName.FindAllString(r.Expr, -1)...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// shown gives the names of all samples that the service and an agent show.
func (p *play) shown(ctx context.Context, g *stage.Gateway) (map[string]bool, error) {
	text, err := p.service.API.Metrics(ctx)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+g.Agent.Settings["metrics.listen"].(string)+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // it has been read
	agents, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	shown := map[string]bool{}
	for line := range strings.Lines(text + string(agents)) {
		if name := metricName.FindString(line); name != "" && !strings.HasPrefix(line, "#") {
			shown[name] = true
		}
	}
	return shown, nil
}
