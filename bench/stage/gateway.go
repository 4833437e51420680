package stage

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"text/template"
)

// Gateway is a real nginx with an agent beside it, configured as
// deploy/gateways/nginx says.
type Gateway struct {
	Name      string
	URL       string
	AccessLog string
	Agent     *Agent
	Nginx     *Process

	address string
	conf    string
}

// Gateway starts a gateway in front of a backend, and waits until its agent is
// in step with the service. settings are the agent's.
func (s *Stage) Gateway(ctx context.Context, v *Service, b *Backend, name string, settings Settings, segments ...string) (*Gateway, error) {
	g, err := s.PrepareGateway(b, name, settings)
	if err != nil {
		return nil, err
	}
	if err := g.Agent.Enrol(ctx, v, segments...); err != nil {
		return nil, err
	}
	if err := g.Start(ctx); err != nil {
		return nil, err
	}
	return g, g.Agent.wait(ctx, "is in step", func(ctx context.Context) error {
		return v.API.InStep(ctx, name)
	})
}

// PrepareGateway writes the configuration of an nginx and its agent and starts
// neither.
func (s *Stage) PrepareGateway(b *Backend, name string, settings Settings) (*Gateway, error) {
	dir, err := s.mkdir(name)
	if err != nil {
		return nil, err
	}
	g := &Gateway{Name: name, AccessLog: filepath.Join(dir, "access.log"), conf: filepath.Join(dir, "nginx.conf")}
	if err := s.addresses(&g.address); err != nil {
		return nil, err
	}
	g.URL = "http://" + g.address
	log := Source{Name: name, Paths: []string{g.AccessLog}, Format: "json"}
	if g.Agent, err = s.PrepareAgent(name, Settings{"sources": []Source{log}}.With(settings)); err != nil {
		return nil, err
	}
	g.Nginx = s.process(name+"-nginx", "nginx", "-c", g.conf, "-e", "stderr")
	g.Nginx.death = syscall.SIGTERM // its workers end with it
	return g, g.configure(dir, b)
}

// Start starts the agent and then nginx, and waits until both listen.
func (g *Gateway) Start(ctx context.Context) error {
	if err := g.Agent.Start(); err != nil {
		return err
	}
	if err := g.Agent.WaitListening(ctx); err != nil {
		return err
	}
	if err := g.Nginx.Start(); err != nil {
		return err
	}
	return g.Nginx.waitListening(ctx, g.address)
}

// Reopen has nginx open its log again, as after a rotation by rename.
func (g *Gateway) Reopen() error { return g.Nginx.Signal(syscall.SIGUSR1) }

//go:embed nginx.conf.tmpl
var nginxConf string

// configure writes nginx's configuration: our own around the two files that
// operators get, of which only the places are changed.
func (g *Gateway) configure(dir string, b *Backend) error {
	root, err := repository()
	if err != nil {
		return err
	}
	documented := filepath.Join(root, "deploy", "gateways", "nginx")
	upstreams := filepath.Join(dir, "honeymoat.conf")
	err = fill(filepath.Join(documented, "conf.d", "honeymoat.conf"), upstreams, map[string]string{
		"unix:/run/honeymoat/agent.sock": "unix:" + g.Agent.Socket,
		"127.0.0.1:4442":                 g.Agent.Decoys,
	})
	if err != nil {
		return err
	}
	var text strings.Builder
	tmpl, err := template.New("nginx.conf").Parse(nginxConf)
	if err == nil {
		err = tmpl.Execute(&text, map[string]any{
			"Dir": dir, "Root": os.Getuid() == 0, "ClientHeader": clientHeader,
			"Upstreams": upstreams, "Snippet": filepath.Join(documented, "snippets", "honeymoat.conf"),
			"Listen": g.address, "AccessLog": g.AccessLog, "Backend": b.Address,
		})
	}
	if err == nil {
		err = os.WriteFile(g.conf, []byte(text.String()), 0o600)
	}
	if err != nil {
		return fmt.Errorf("configure nginx: %w", err)
	}
	return nil
}

// fill copies a file with other values in some places, all of which must be
// there: what the documentation says and what is tested must not part.
func fill(from, to string, places map[string]string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return fmt.Errorf("configure nginx: %w", err)
	}
	var pairs []string
	for old, value := range places {
		if !strings.Contains(string(data), old) {
			return fmt.Errorf("configure nginx: %s no longer holds %q", from, old)
		}
		pairs = append(pairs, old, value)
	}
	text := strings.NewReplacer(pairs...).Replace(string(data))
	if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
		return fmt.Errorf("configure nginx: %w", err)
	}
	return nil
}

// repository is the directory above the working directory that holds go.mod.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("find the repository: no go.mod above the working directory")
		}
		dir = parent
	}
}
