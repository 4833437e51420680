package stage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/agent"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// Agent is `honeymoat-agent run` with a state directory and a configuration
// of its own.
type Agent struct {
	*Process
	Name     string
	StateDir string
	Config   string // the configuration file
	Settings Settings
	Socket   string // where the gateway asks
	Decoys   string // address of the decoy responder

	program string
}

// PrepareAgent writes the configuration of an agent and starts nothing.
// settings come over those that put it on this stage.
func (s *Stage) PrepareAgent(name string, settings Settings) (*Agent, error) {
	dir, err := s.mkdir(name)
	if err != nil {
		return nil, err
	}
	a := &Agent{
		Name: name, program: s.Program("honeymoat-agent"),
		StateDir: filepath.Join(dir, "state"),
		Config:   filepath.Join(dir, "honeymoat-agent.yaml"),
		Socket:   filepath.Join(dir, "agent.sock"),
	}
	if err := s.addresses(&a.Decoys); err != nil {
		return nil, err
	}
	a.Settings = Settings{
		"state_dir":               a.StateDir,
		"enforce.listen":          "unix:" + a.Socket,
		"enforce.socket_mode":     "0666", // nginx's workers may run as somebody else
		"decoys.responder.listen": a.Decoys,
	}.With(settings)
	a.Process = s.process(name, a.program, "run", "--config", a.Config)
	return a, a.Settings.write(a.Config)
}

// Enrol trades a one-time token of the service for the agent's credential.
func (a *Agent) Enrol(ctx context.Context, v *Service, segments ...string) error {
	token, err := v.API.CreateEnrolment(ctx, wire.EnrolmentRequest{Name: a.Name, Gateway: a.Name, Segments: segments})
	if err != nil {
		return err
	}
	return a.EnrolWith(ctx, v, token.Token)
}

// EnrolWith is Enrol with a token that the caller has.
func (a *Agent) EnrolWith(ctx context.Context, v *Service, token string) error {
	cmd := exec.CommandContext(ctx, a.program, "enroll", "--config", a.Config, "--url", "https://"+v.Address, "--token", token)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("enrol %s: %w\n%s", a.Name, err, out)
	}
	return nil
}

// WaitListening waits until the gateway can ask.
func (a *Agent) WaitListening(ctx context.Context) error {
	return a.waitListening(ctx, a.Socket)
}

// Change writes other settings into the configuration file; the agent reads
// them when it is started again.
func (a *Agent) Change(settings Settings) error {
	a.Settings = a.Settings.With(settings)
	return a.Settings.write(a.Config)
}

// Restart kills the agent as a power cut would, and starts it again.
func (a *Agent) Restart(ctx context.Context) error {
	a.Kill()
	if err := a.Start(); err != nil {
		return err
	}
	return a.WaitListening(ctx)
}

// Holds is nil when the agent would refuse a client out of its state on disk,
// whether it runs or not.
func (a *Agent) Holds(ctx context.Context, client string) error {
	// A copy of the state, beside which nobody runs who would answer.
	file, dir := a.Config+".away", a.StateDir+".away"
	state, err := os.ReadFile(filepath.Join(a.StateDir, agent.StateFile))
	if err != nil {
		return fmt.Errorf("read the state of %s: %w", a.Name, err)
	}
	if err := errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(filepath.Join(dir, agent.StateFile), state, 0o600)); err != nil {
		return fmt.Errorf("copy the state of %s: %w", a.Name, err)
	}
	if err := a.Settings.With(Settings{"state_dir": dir}).write(file); err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, a.program, "decide", "--config", file, client).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ask for the state of %s: %w\n%s", a.Name, err, out)
	}
	if !strings.Contains(string(out), "deny") {
		return fmt.Errorf("%s would say: %s", a.Name, out)
	}
	return nil
}
