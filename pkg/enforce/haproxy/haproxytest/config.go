package haproxytest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Places are where an HAProxy of a test finds everything.
type Places struct {
	Dir         string // of its configuration
	Listen      string // address
	Application string // address of what it guards
	Agent       string // address of the agent that it asks
	Decoys      string // address of the decoy responder
	Log         string // address that takes its log
}

// Maps is the directory of the maps.
func (p *Places) Maps() string { return filepath.Join(p.Dir, "maps") }

// Runtime is the socket of the Runtime API.
func (p *Places) Runtime() string { return filepath.Join(p.Dir, "run.sock") }

// File is the configuration.
func (p *Places) File() string { return filepath.Join(p.Dir, "haproxy.cfg") }

// Configure writes the documented configuration with these places in it. A
// client is whoever X-Client names.
func (p *Places) Configure() error {
	documented, err := documents()
	if err != nil {
		return err
	}
	data, err := os.ReadFile(filepath.Join(documented, "haproxy.cfg"))
	if err != nil {
		return fmt.Errorf("configure HAProxy: %w", err)
	}
	text := string(data)
	for _, place := range [][2]string{
		{"/etc/haproxy/honeymoat/", p.Maps() + "/"},
		{"/etc/haproxy/honeymoat-spoe.conf", filepath.Join(documented, "honeymoat-spoe.conf")},
		{"/run/haproxy/honeymoat.sock", p.Runtime()},
		{"bind :8080", "bind " + p.Listen},
		{"127.0.0.1:8000", p.Application},
		{"127.0.0.1:4443", p.Agent},
		{"127.0.0.1:4442", p.Decoys},
		{"127.0.0.1:5514", p.Log},
		{"# http-request set-src req.hdr(x-forwarded-for,-1) if { src 10.0.0.0/8 }", "http-request set-src req.hdr(x-client)"},
		{"# http-request set-header X-Suspect", "http-request set-header X-Suspect"},
	} {
		if !strings.Contains(text, place[0]) {
			return fmt.Errorf("configure HAProxy: haproxy.cfg no longer holds %q", place[0])
		}
		text = strings.ReplaceAll(text, place[0], place[1])
	}
	if err := os.WriteFile(p.File(), []byte(text), 0o600); err != nil {
		return fmt.Errorf("configure HAProxy: %w", err)
	}
	return nil
}

// documents is the directory of what operators get, found from the working
// directory upwards.
func documents() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "deploy", "gateways", "haproxy"), nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("find the repository: no go.mod above the working directory")
		}
		dir = parent
	}
}
