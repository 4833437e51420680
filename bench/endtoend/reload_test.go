package endtoend

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/honeymoat/honeymoat/bench/stage"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
)

// TestBrokenFilesDoNotReplaceWhatRuns: a mistake in the configuration or the
// catalogue is told with its place, and everything stays as it was; mended,
// the file counts from the next SIGHUP on.
func TestBrokenFilesDoNotReplaceWhatRuns(t *testing.T) {
	t.Parallel()
	p, g := alarmed(t, nil)
	v := p.visitor(attacker)

	good, err := os.ReadFile(p.service.Config)
	p.must(err)
	p.write("service/honeymoat.yaml", "data_dir: x\nbus:\n  max_bites: 1\n")
	p.must(p.service.Reload())
	p.eventually("the service tells where the mistake is", func(context.Context) error {
		return errors.Join(p.service.Said("honeymoat.yaml:3:3"), p.service.Said("max_bytes"))
	})
	p.write("service/honeymoat.yaml", string(good))
	p.eventually("the status tells of it", func(ctx context.Context) error {
		n, err := p.service.API.Metric(ctx, "honeymoat_reload_failed")
		status, toolErr := p.service.Tool(ctx, "status")
		if err == nil && (n != 1 || !strings.Contains(status, "the last reload failed")) {
			err = fmt.Errorf("reload_failed %v, status:\n%s", n, status)
		}
		return errors.Join(err, toolErr)
	})

	p.write("decoys.yml", "version: 1\ndecoys:\n  - {id: outside, path: no-slash}\n")
	for _, process := range []*stage.Process{p.service.Process, g.Agent.Process} {
		p.must(process.Signal(syscall.SIGHUP))
		p.eventually("the mistake in the catalogue is told", func(context.Context) error {
			return process.Said("decoys.yml:3:")
		})
	}
	p.get(v, g, "/outside.bak", http.StatusOK)
	p.touches(attacker, 1, 3)
}

// TestGoodFilesReplaceWhatRuns: networks, catalogue and tokens count from the
// SIGHUP on, without a restart.
func TestGoodFilesReplaceWhatRuns(t *testing.T) {
	t.Parallel()
	p, g := alarmed(t, nil)
	p.write("decoys.yml", "version: 1\ndecoys:\n  - {id: fresh, path: /fresh.bak, response: {status: 200, body: fresh}}\n")
	p.must(p.service.Change(stage.Settings{"network.allow": []string{customer}}))
	p.must(p.service.Reload())
	p.must(g.Agent.Signal(syscall.SIGHUP))
	p.eventually("the allowlist counts", func(ctx context.Context) error {
		r := p.hour(customer)
		r.DryRun = true
		_, err := p.service.API.AddBlock(ctx, r, client.Call{})
		if err == nil {
			return errors.New("the customer can be blocked")
		}
		p.refused(err, "refused-by-guard")
		return nil
	})
	p.eventually("the agent has said that it has reloaded", func(context.Context) error {
		return g.Agent.Said("reloaded")
	})
	v := p.visitor(attacker)
	if answer := p.get(v, g, "/fresh.bak", http.StatusOK); answer.Body != "fresh" {
		t.Errorf("the decoy answered %q", answer.Body)
	}
	p.turns(v, g, "/shop", http.StatusForbidden)
	if found := p.touches(attacker, 1, 3)[0]; found.Rule != "decoy.fresh" {
		t.Errorf("finding: %+v", found)
	}
}

// TestBrokenConfigurationDoesNotStart: neither program; with the code of a
// usage mistake, and the place.
func TestBrokenConfigurationDoesNotStart(t *testing.T) {
	t.Parallel()
	p := &play{T: t, Stage: newStage(t)}
	service, err := p.PrepareService("service", stage.Settings{"bus.max_bytes": "many"})
	p.must(err)
	agent, err := p.PrepareAgent("edge-a", stage.Settings{"transport": "pigeon"})
	p.must(err)
	for process, file := range map[*stage.Process]string{service.Process: service.Config, agent.Process: agent.Config} {
		p.must(process.Start())
		if code, err := process.ExitCode(p.deadline()); err != nil || code != 2 {
			t.Errorf("code %d, %v", code, err)
		}
		p.must(process.Said(file + ":"))
	}
	if _, err := service.Tool(p.deadline(), "config", "check"); err == nil {
		t.Error("config check finds nothing wrong")
	}
}
