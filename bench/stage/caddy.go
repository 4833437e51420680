package stage

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
)

// Caddy is a real Caddy with an agent beside it, configured as
// deploy/gateways/caddy says.
type Caddy struct {
	*Gateway // its Nginx is nil
	Proxy    *Process
}

// PrepareCaddyBy writes the configuration of a Caddy and its agent and starts
// neither. The way is ByAsking or Bare. Who a client is, is told by
// X-Forwarded-For.
func (s *Stage) PrepareCaddyBy(way Way, b *Backend, name string, settings Settings) (*Caddy, error) {
	if way != ByAsking && way != Bare {
		return nil, fmt.Errorf("configure Caddy: there is no way %q", way)
	}
	dir, err := s.mkdir(name)
	if err != nil {
		return nil, err
	}
	c := &Caddy{Gateway: &Gateway{Name: name, dir: dir, way: way, AccessLog: filepath.Join(dir, "access.log")}}
	var agent string
	if err := s.addresses(&c.address, &agent); err != nil {
		return nil, err
	}
	c.URL = "http://" + c.address
	c.Agent, err = s.PrepareAgent(name, Settings{
		"gateways.forward_auth.listen": agent, "gateways.forward_auth.request_id": "X-Honeymoat-Request", "gateways.forward_auth.restores_status": true,
		"trusted_hops": []string{"127.0.0.1"},
		"sources":      []Source{{Name: name, Paths: []string{c.AccessLog}, Format: "caddy"}},
	}.With(settings))
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "Caddyfile")
	c.Proxy = s.process(name+"-caddy", "env", "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir,
		"caddy", "run", "--config", file, "--adapter", "caddyfile")
	return c, c.configure(file, agent, b)
}

// configure writes the Caddyfile: the documented one with this stage's places.
// The stage plays the balancer in front.
func (c *Caddy) configure(file, agent string, b *Backend) error {
	root, err := repository()
	if err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(c.address)
	if err != nil {
		return err
	}
	places := map[string]string{
		"(honeymoat) {": "{\nadmin off\nauto_https off\n}\n(honeymoat) {",
		"\n:8000 {":     "\nhttp://:" + port + " {\nbind " + host, "/var/log/caddy/access.log": c.AccessLog,
		"127.0.0.1:4443": agent, "127.0.0.1:8080": b.Address,
		"rewrite /\n": "rewrite /\ntrusted_proxies 127.0.0.0/8\n",
	}
	if c.way == Bare {
		places["\t\timport honeymoat\n"], places["\timport honeymoat-away\n"] = "", ""
	}
	return fill(filepath.Join(root, "deploy", "gateways", "caddy", "Caddyfile"), file, places)
}

// Start starts the agent, if there is use for it, and then Caddy, and waits
// until both listen.
func (c *Caddy) Start(ctx context.Context) error {
	if err := c.startAgent(ctx); err != nil {
		return err
	}
	if err := c.Proxy.Start(); err != nil {
		return err
	}
	return c.Proxy.waitListening(ctx, c.address)
}
