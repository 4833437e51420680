package endtoend

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

func TestRolesAndWrongTokens(t *testing.T) {
	t.Parallel()
	p := newPlay(t, nil)
	stranger, err := p.service.As("hm_0000000000000000000000000000000000000000000")
	p.must(err)
	_, err = stranger.Status(p.deadline())
	p.refused(err, "wrong-token")
	reader, soc := p.token("grafana", "viewer"), p.token("soc", "analyst")
	_, err = reader.LiveBlocks(p.deadline())
	p.must(err)
	_, err = reader.AddBlock(p.deadline(), p.hour(attacker), client.Call{})
	p.refused(err, "insufficient-role")
	made, err := soc.AddBlock(p.deadline(), p.hour(attacker), client.Call{})
	p.must(err)
	if made.Block.By != "token:soc" {
		t.Errorf("block: %+v", made.Block)
	}
	_, err = soc.CreateEnrolment(p.deadline(), wire.EnrolmentRequest{Name: "edge-a", Gateway: "edge-a"})
	p.refused(err, "insufficient-role")
}

// TestUnknownAgents: a token that was used, a credential that was forged, an
// agent that was revoked: each is told, and lets requests pass.
func TestUnknownAgents(t *testing.T) {
	t.Parallel()
	p := newPlay(t, nil)
	g := p.gateway("edge-a", nil)
	token, err := p.service.API.CreateEnrolment(p.deadline(), wire.EnrolmentRequest{Name: "edge-b", Gateway: "edge-b"})
	p.must(err)
	other, err := p.PrepareGateway(p.backend, "edge-b", nil)
	p.must(err)
	p.must(other.Agent.EnrolWith(p.deadline(), p.service, token.Token))
	if err := other.Agent.EnrolWith(p.deadline(), p.service, token.Token); err == nil || !strings.Contains(err.Error(), "token") {
		t.Errorf("a used token: %v", err)
	}
	p.must(forge(filepath.Join(other.Agent.StateDir, "credential.json")))
	p.must(other.Start(p.deadline()))
	p.block(attacker, 3600e9)
	v := p.visitor(attacker)
	p.turns(v, g, "/shop", http.StatusForbidden)
	p.eventually("the forged agent says that it is refused", func(context.Context) error {
		return errors.Join(other.Agent.Said("does not take this agent"), other.Agent.Said("honeymoat-agent enroll"))
	})
	p.get(v, other, "/shop", http.StatusOK)

	p.must(p.service.API.RevokeAgent(p.deadline(), "edge-a"))
	p.eventually("the revoked agent says that it is refused", func(context.Context) error {
		return errors.Join(g.Agent.Said("does not take this agent"), g.Agent.Said("honeymoat-agent enroll"))
	})
	p.get(v, g, "/shop", http.StatusForbidden) // what it held it enforces to its end
}

// forge changes the secret of a credential.
func forge(file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	const key = `"secret": "`
	text := string(data)
	at := strings.Index(text, key) + len(key)
	if at < len(key) {
		return errors.New(file + " holds no secret")
	}
	end := at + strings.IndexByte(text[at:], '"')
	return os.WriteFile(file, []byte(text[:at]+strings.Repeat("0", end-at)+text[end:]), 0o600)
}

// TestSecondServiceOnOneDirectory: it is told why and ends; the first one does
// not notice.
func TestSecondServiceOnOneDirectory(t *testing.T) {
	t.Parallel()
	p := newPlay(t, nil)
	second, err := p.PrepareService("second", map[string]any{"data_dir": p.service.DataDir})
	p.must(err)
	p.must(second.Start())
	if code, err := second.ExitCode(p.deadline()); err != nil || code != 1 {
		t.Errorf("code %d, %v", code, err)
	}
	p.must(errors.Join(second.Said(p.service.DataDir), second.Said("another")))
	p.block(attacker, 3600e9)
	p.must(p.service.WaitReady(p.deadline()))
}

// TestAgentWithoutCredential: it says what to do, with the code of a failure.
func TestAgentWithoutCredential(t *testing.T) {
	t.Parallel()
	p := &play{T: t, Stage: newStage(t)}
	agent, err := p.PrepareAgent("edge-a", nil)
	p.must(err)
	p.must(agent.Start())
	if code, err := agent.ExitCode(p.deadline()); err != nil || code != 1 {
		t.Errorf("code %d, %v", code, err)
	}
	p.must(agent.Said("honeymoat-agent enroll"))
}
