package endtoend

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// TestOperatorsCommands: the tool on the service's host needs nothing but its
// configuration, and tells what a person wants to know.
func TestOperatorsCommands(t *testing.T) {
	t.Parallel()
	p := newPlay(t, nil)
	g := p.gateway("edge-a", nil)
	v := p.visitor(attacker)
	f := func(want []string, args ...string) {
		t.Helper()
		out, err := p.service.Tool(p.deadline(), args...)
		p.must(err)
		for _, part := range want {
			if !strings.Contains(out, part) {
				t.Errorf("honeymoat %s does not tell %q:\n%s", strings.Join(args, " "), part, out)
			}
		}
	}
	f([]string{"would be blocked"}, "blocks", "add", attacker, "--reason", "test", "--dry-run")
	f([]string{"Nobody"}, "blocks", "list")
	f([]string{attacker}, "blocks", "add", attacker, "--for", "10m", "--reason", "port scan")
	p.turns(v, g, "/shop", http.StatusForbidden)
	f([]string{attacker, "port scan"}, "blocks", "list")
	f([]string{"port scan", "token:admin"}, "blocks", "why", attacker)
	f([]string{attacker}, "blocks", "remove", attacker, "--reason", "it was ours")
	p.turns(v, g, "/shop", http.StatusOK)
	f([]string{"edge-a"}, "agents", "list")
	f([]string{baitDecoy}, "decoys", "list")
	f([]string{"0 live blocks", "1 agent"}, "status")
	f([]string{"good"}, "config", "check")
	if _, err := p.service.Tool(p.deadline(), "blocks", "add", "127.0.0.1", "--reason", "test"); err == nil || !strings.Contains(err.Error(), "refuses") {
		t.Errorf("the guard's refusal: %v", err)
	}
}

// TestPreviewTellsWhatABlockWouldCost: from what the store has of the last day.
func TestPreviewTellsWhatABlockWouldCost(t *testing.T) {
	t.Parallel()
	p := newPlay(t, nil)
	g := p.gateway("edge-a", nil)
	v := p.visitor(customer)
	for i := range 7 {
		p.get(v, g, fmt.Sprintf("/shop/%d", i), http.StatusOK)
	}
	p.get(v, g, "/nothing-here", http.StatusNotFound)
	p.stored("client_address = '"+customer+"'", 8)
	preview, err := p.service.API.Preview(p.deadline(), wire.TargetRequest{Target: p.hour(customer + "/32").Target})
	if err != nil || preview.Requests != 8 || preview.Successful != 7 || preview.Clients != 1 {
		t.Errorf("preview: %+v, %v", preview, err)
	}
}

// TestServiceReadsALogItself: no agent, no gateway, a combined log that grows;
// what is garbage in it is kept aside with its reason.
func TestServiceReadsALogItself(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	log := s.Path("access.log")
	p := &play{T: t, Stage: s}
	var err error
	p.service, err = p.Service(p.deadline(), stage.Settings{"sources": []stage.Source{{Name: "edge", Paths: []string{log}}}})
	p.must(err)
	at := time.Now().Format("02/Jan/2006:15:04:05 -0700")
	p.write("access.log", strings.Join([]string{
		fmt.Sprintf(`%s - - [%s] "GET /shop HTTP/1.1" 200 12 "-" "test"`, customer, at),
		"\x00\x01 this is no request \xff",
		fmt.Sprintf(`%s - - [%s] "GET %s HTTP/1.1" 404 12 "-" "test"`, attacker, at, bait), "",
	}, "\n"))
	held := p.blocked(attacker)
	found := p.touches(attacker, 1, 1)[0]
	if found.ID != held.Findings[0] || found.Sightings[0].Line != 3 || found.Sightings[0].File != log {
		t.Errorf("finding: %+v", found)
	}
	p.eventually("the garbage is kept aside", func(ctx context.Context) error {
		var aside wire.Page[wire.Quarantined]
		err := p.service.API.Do(ctx, http.MethodGet, "/api/v1/quarantine", nil, &aside)
		if err == nil && (len(aside.Items) != 1 || aside.Items[0].Line != 2 || aside.Items[0].Reason == "") {
			err = fmt.Errorf("%+v", aside.Items)
		}
		return err
	})
}

// TestGatewayWithoutItsAgent: an agent that is gone costs nobody a request, and
// what the application answers is left alone, a 401 of its own too.
func TestGatewayWithoutItsAgent(t *testing.T) {
	t.Parallel()
	p := newPlay(t, nil)
	g := p.gateway("edge-a", nil)
	v := p.visitor(customer)
	f := func() {
		t.Helper()
		p.get(v, g, "/shop", http.StatusOK)
		if answer := p.get(v, g, "/shop/account", http.StatusUnauthorized); !strings.Contains(answer.Body, "log in") {
			t.Errorf("the application's 401 came as %q", answer.Body)
		}
	}
	f()
	g.Agent.Kill()
	f()
	p.must(g.Agent.Start())
	p.must(g.Agent.WaitListening(p.deadline()))
	f()
	p.inStep(g)
}

// TestReplayAgreesWithWhatRan: the same log read as finished names the same
// finding as the service that saw it live.
func TestReplayAgreesWithWhatRan(t *testing.T) {
	t.Parallel()
	p := newPlay(t, nil)
	g := p.gateway("edge-a", nil)
	v := p.visitor(attacker)
	p.get(v, g, "/shop", http.StatusOK)
	p.touch(v, g)
	p.get(v, g, "/shop", http.StatusForbidden)
	found := p.touches(attacker, 1, 3)[0]

	list := p.Path("findings.ndjson")
	out, err := p.service.Tool(p.deadline(), "replay", g.AccessLog, "--json", "--findings", list)
	p.must(err)
	var summary struct {
		Lines, Findings int
		WouldBlock      []struct {
			Actor struct{ Value string }
			Line  int
		} `json:"would_block"`
	}
	p.must(json.Unmarshal([]byte(out), &summary))
	if summary.Findings != 1 || len(summary.WouldBlock) != 1 || summary.WouldBlock[0].Actor.Value != attacker || summary.WouldBlock[0].Line != 2 {
		t.Errorf("replay: %s", out)
	}
	data, err := os.ReadFile(list)
	p.must(err)
	if !strings.Contains(string(data), `"rule":"`+found.Rule+`"`) {
		t.Errorf("replay found %s, the service %+v", data, found)
	}
}
