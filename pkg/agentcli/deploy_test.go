package agentcli

import (
	"os"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/command"
)

const deploy = "../../deploy/"

// The unit's commands are commands of this program, with flags that it has.
func TestUnitRunsWhatThereIs(t *testing.T) {
	unit, err := os.ReadFile(deploy + "systemd/honeymoat-agent.service")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for line := range strings.Lines(string(unit)) {
		_, command, ok := strings.Cut(strings.TrimSpace(line), "=/usr/bin/honeymoat-agent ")
		if !ok {
			continue
		}
		found++
		c, rest, err := Root("dev", nil).Find(strings.Fields(command))
		if err != nil || !c.Runnable() {
			t.Errorf("%s: %v", command, err)
			continue
		}
		if err := c.ParseFlags(rest); err != nil || len(c.Flags().Args()) > 0 {
			t.Errorf("%s: %v, left over %v", command, err, c.Flags().Args())
		}
	}
	if found != 2 {
		t.Errorf("the unit runs the agent %d times", found)
	}
}

func TestExampleConfigurationIsGood(t *testing.T) {
	code, out, err := execute(t.Context(), "", nil, "config", "check", "--config", deploy+"gateways/nginx/agent.yaml")
	if code != command.ExitOK {
		t.Errorf("%s%s", out, err)
	}
	cfg, readErr := readConfig(deploy + "gateways/nginx/agent.yaml")
	nginx, fileErr := os.ReadFile(deploy + "gateways/nginx/conf.d/honeymoat.conf")
	if readErr != nil || fileErr != nil {
		t.Fatal(readErr, fileErr)
	}
	for _, address := range []string{cfg.Enforce.Listen, cfg.Decoys.Responder.Listen} {
		if !strings.Contains(string(nginx), "server "+address+";") {
			t.Errorf("nginx does not know %s", address)
		}
	}
}

// What the agent is told to run so that nginx is checked and reloaded is what
// it has a unit for, and a right to.
func TestNginxIsCheckedAndReloadedAsDocumented(t *testing.T) {
	const unit, log = "honeymoat-nginx-check.service", "/run/honeymoat-nginx-check.log"
	f := func(file string, lines ...string) {
		t.Helper()
		text, err := os.ReadFile(deploy + "gateways/nginx/" + file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			if !strings.Contains(string(text), line) {
				t.Errorf("%s lacks %s", file, line)
			}
		}
	}
	f("README.md", "systemctl --no-ask-password start "+unit+" ||", "cat "+log, "[systemctl, --no-ask-password, reload, nginx.service]", "dir: /var/lib/honeymoat-nginx")
	f("systemd/"+unit, "ExecStart=/usr/sbin/nginx -t", "StandardError=truncate:"+log)
	f("systemd/50-honeymoat-nginx.rules", `"start `+unit+`"`, `"reload nginx.service"`, `"honeymoat-agent"`)
	f("systemd/honeymoat-agent.conf", "StateDirectory=honeymoat-nginx")
	f("../../systemd/honeymoat-agent.service", "User=honeymoat-agent", "Group=www-data")
}
