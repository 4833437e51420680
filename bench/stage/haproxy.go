package stage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/enforce/haproxy/haproxytest"
)

// HAProxy is a real HAProxy with an agent beside it, configured as
// deploy/gateways/haproxy says.
type HAProxy struct {
	*Gateway // its Nginx is nil
	Proxy    *Process
	Places   haproxytest.Places
}

// HAProxy starts a gateway in front of a backend, and waits until its agent is
// in step with the service. settings are the agent's.
func (s *Stage) HAProxy(ctx context.Context, v *Service, b *Backend, name string, settings Settings, segments ...string) (*HAProxy, error) {
	h, err := s.PrepareHAProxy(b, name, settings)
	if err != nil {
		return nil, err
	}
	if err := h.Agent.Enrol(ctx, v, segments...); err != nil {
		return nil, err
	}
	if err := h.Start(ctx); err != nil {
		return nil, err
	}
	return h, h.Agent.wait(ctx, "is in step", func(ctx context.Context) error {
		return v.API.InStep(ctx, name)
	})
}

// PrepareHAProxy writes the configuration of an HAProxy and its agent and
// starts neither.
func (s *Stage) PrepareHAProxy(b *Backend, name string, settings Settings) (*HAProxy, error) {
	dir, err := s.mkdir(name)
	if err != nil {
		return nil, err
	}
	h := &HAProxy{Gateway: &Gateway{Name: name}}
	h.Places = haproxytest.Places{Dir: dir, Application: b.Address, ClientHeader: clientHeader}
	if err := s.addresses(&h.Places.Listen, &h.Places.Agent, &h.Places.Log); err != nil {
		return nil, err
	}
	h.address, h.URL = h.Places.Listen, "http://"+h.Places.Listen
	h.Agent, err = s.PrepareAgent(name, settings)
	if err != nil {
		return nil, err
	}
	h.Places.Decoys = h.Agent.Decoys
	if err := h.Places.Configure(); err != nil {
		return nil, err
	}
	format, err := h.logFormat()
	if err != nil {
		return nil, err
	}
	h.Proxy = s.process(name+"-haproxy", "haproxy", "-db", "-f", h.Places.File())
	return h, h.Agent.Change(Settings{
		"gateways.haproxy.runtime": "unix:" + h.Places.Runtime(),
		"gateways.haproxy.maps":    h.Places.Maps(),
		"gateways.haproxy.listen":  h.Places.Agent,
		"sources":                  []map[string]any{{"name": name, "format": "haproxy", "pattern": format, "syslog": []string{"udp://" + h.Places.Log}}},
	}.With(settings))
}

// logFormat is the directive by which HAProxy logs.
func (h *HAProxy) logFormat() (string, error) {
	data, err := os.ReadFile(h.Places.File())
	if err != nil {
		return "", fmt.Errorf("configure HAProxy: %w", err)
	}
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "log-format ") {
			return line, nil
		}
	}
	return "", errors.New("configure HAProxy: haproxy.cfg no longer has a log-format")
}

// Start starts the agent, if there is use for it, and then HAProxy, and waits
// until both listen.
func (h *HAProxy) Start(ctx context.Context) error {
	if err := h.startAgent(ctx); err != nil {
		return err
	}
	if !h.way.refuses() {
		return h.startAlone(ctx)
	}
	return h.StartProxy(ctx)
}

// StartProxy starts HAProxy once its agent has written the maps that it reads
// at its start, and waits until it listens and may be told what to hold.
func (h *HAProxy) StartProxy(ctx context.Context) error {
	if err := Until(ctx, "HAProxy's maps are there", h.check); err != nil {
		return err
	}
	if err := h.Proxy.Start(); err != nil {
		return err
	}
	if err := h.Proxy.waitListening(ctx, h.Places.Runtime()); err != nil {
		return err
	}
	return h.Proxy.waitListening(ctx, h.address)
}

// check tells whether HAProxy takes its configuration, maps included.
func (h *HAProxy) check(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, "haproxy", "-c", "-f", h.Places.File()).CombinedOutput()
	if err != nil {
		return fmt.Errorf("check configuration of HAProxy: %w\n%s", err, out)
	}
	return nil
}
