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
	dir     string
	conf    string
	way     Way
}

// Way is how nginx knows whom to refuse, each as deploy/gateways/nginx has it.
type Way string

// The ways. ByMaps and ByMemory ask nobody: what they cannot hold passes. The
// last two refuse nobody, and are what the others are compared with.
const (
	ByAsking Way = ""
	ByMaps   Way = "honeymoat-maps.conf"
	ByMemory Way = "honeymoat-lua.conf"
	LogOnly  Way = "log"  // it writes the log that honeymoat reads
	Bare     Way = "bare" // it has nothing of honeymoat
)

// refuses tells whether the gateway needs an agent.
func (w Way) refuses() bool { return w != LogOnly && w != Bare }

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
	return s.PrepareGatewayBy(ByAsking, b, name, settings)
}

// PrepareGatewayBy is PrepareGateway of an nginx that knows whom to refuse in
// this way.
func (s *Stage) PrepareGatewayBy(way Way, b *Backend, name string, settings Settings) (*Gateway, error) {
	dir, err := s.mkdir(name)
	if err != nil {
		return nil, err
	}
	g := &Gateway{Name: name, AccessLog: filepath.Join(dir, "access.log"), dir: dir, conf: filepath.Join(dir, "nginx.conf"), way: way}
	if err := s.addresses(&g.address); err != nil {
		return nil, err
	}
	g.URL = "http://" + g.address
	log := Source{Name: name, Paths: []string{g.AccessLog}, Format: "json"}
	if g.Agent, err = s.PrepareAgent(name, Settings{"sources": []Source{log}}.With(g.keeping()).With(settings)); err != nil {
		return nil, err
	}
	g.Nginx = s.process(name+"-nginx", "nginx", "-c", g.conf, "-e", "stderr")
	g.Nginx.death = syscall.SIGTERM // its workers end with it
	return g, g.configure(b)
}

// keeping is what the agent needs for an nginx that keeps blocks itself.
func (g *Gateway) keeping() Settings {
	command := func(more ...string) []string { return append([]string{"nginx", "-e", "stderr", "-c", g.conf}, more...) }
	switch g.way {
	case ByMaps:
		return Settings{
			"gateways.nginx.maps.dir": filepath.Join(g.dir, "maps"), "gateways.nginx.maps.every": "100ms",
			"gateways.nginx.maps.check": command("-t"), "gateways.nginx.maps.reload": command("-s", "reload"),
			"gateways.nginx.maps.confirm": "unix:" + filepath.Join(g.dir, "version.sock"),
		}
	case ByMemory:
		return Settings{"gateways.nginx.shared.socket": filepath.Join(g.dir, "push.sock")}
	default:
		return nil
	}
}

// Start starts the agent, if there is use for it, and then nginx, and waits
// until both listen.
func (g *Gateway) Start(ctx context.Context) error {
	if err := g.startAgent(ctx); err != nil {
		return err
	}
	if err := g.Nginx.Start(); err != nil {
		return err
	}
	return g.Nginx.waitListening(ctx, g.address)
}

// RestartNginx stops nginx in order and starts it again: what it kept in memory
// is gone.
func (g *Gateway) RestartNginx(ctx context.Context) error {
	if err := g.Nginx.Stop(); err != nil {
		return err
	}
	if err := g.Nginx.Start(); err != nil {
		return err
	}
	return g.Nginx.waitListening(ctx, g.address)
}

func (g *Gateway) startAgent(ctx context.Context) error {
	if !g.way.refuses() {
		return nil
	}
	if err := g.Agent.Start(); err != nil {
		return err
	}
	return g.Agent.WaitListening(ctx)
}

// Reopen has nginx open its log again, as after a rotation by rename.
func (g *Gateway) Reopen() error { return g.Nginx.Signal(syscall.SIGUSR1) }

//go:embed nginx.conf.tmpl
var nginxConf string

// configure writes nginx's configuration: our own around the files that
// operators get, of which only the places are changed.
func (g *Gateway) configure(b *Backend) error {
	if err := g.documented(); err != nil {
		return err
	}
	var text strings.Builder
	tmpl, err := template.New("nginx.conf").Parse(nginxConf)
	if err == nil {
		err = tmpl.Execute(&text, map[string]any{
			"Dir": g.dir, "Root": os.Getuid() == 0, "ClientHeader": clientHeader, "Snippets": g.way.snippets(), "Lua": g.way == ByMemory, "Plain": g.way == Bare,
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

// snippets are those that a server includes.
func (w Way) snippets() []string {
	switch w {
	case ByAsking:
		return []string{"honeymoat.conf"}
	case Bare:
		return nil
	case LogOnly:
		return []string{"honeymoat-answers.conf"} // it has the variables of the log
	default:
		return []string{"honeymoat-answers.conf", string(w)}
	}
}

// documented copies the files that operators get, with this stage's places.
func (g *Gateway) documented() error {
	if g.way == Bare {
		return nil
	}
	root, err := repository()
	if err != nil {
		return err
	}
	from := filepath.Join(root, "deploy", "gateways", "nginx")
	const maps, push = "/var/lib/honeymoat-nginx", "unix:/run/honeymoat-nginx/push.sock"
	files := map[string]map[string]string{
		"conf.d/honeymoat.conf": {
			"unix:/run/honeymoat/agent.sock": "unix:" + g.Agent.Socket, "127.0.0.1:4442": g.Agent.Decoys, maps: filepath.Join(g.dir, "maps"),
		},
		"snippets/honeymoat.conf": nil, "snippets/honeymoat-answers.conf": nil, "snippets/honeymoat-flag.conf": nil,
	}
	switch g.way {
	case ByMaps:
		files["conf.d/honeymoat-maps.conf"] = map[string]string{
			maps: filepath.Join(g.dir, "maps"), "127.0.0.1:4446": "unix:" + filepath.Join(g.dir, "version.sock"),
		}
		files["snippets/honeymoat-maps.conf"] = nil
	case ByMemory:
		files["conf.d/honeymoat-lua.conf"] = map[string]string{push: "unix:" + filepath.Join(g.dir, "push.sock"), "/etc/nginx/honeymoat": filepath.Join(from, "lua")}
		files["snippets/honeymoat-lua.conf"] = nil
	}
	for name, places := range files {
		if err := fill(filepath.Join(from, name), filepath.Join(g.dir, name), places); err != nil {
			return err
		}
	}
	return nil
}

// fill copies a file with other values in some places, all of which must be
// there: what the documentation says and what is tested must not part.
func fill(from, to string, places map[string]string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return fmt.Errorf("configure a gateway: %w", err)
	}
	var pairs []string
	for old, value := range places {
		if !strings.Contains(string(data), old) {
			return fmt.Errorf("configure a gateway: %s no longer holds %q", from, old)
		}
		pairs = append(pairs, old, value)
	}
	text := strings.NewReplacer(pairs...).Replace(string(data))
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return fmt.Errorf("configure a gateway: %w", err)
	}
	if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
		return fmt.Errorf("configure a gateway: %w", err)
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
