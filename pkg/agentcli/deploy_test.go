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
