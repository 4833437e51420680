package haproxytest

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
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
	// ClientHeader names the header that tells who the client is; "" =
	// X-Client.
	ClientHeader string
}

// Maps is the directory of the maps.
func (p *Places) Maps() string { return filepath.Join(p.Dir, "maps") }

// Runtime is the socket of the Runtime API.
func (p *Places) Runtime() string { return filepath.Join(p.Dir, "run.sock") }

// File is the configuration.
func (p *Places) File() string { return filepath.Join(p.Dir, "haproxy.cfg") }

// Entries counts what a map of the running HAProxy holds.
func (p *Places) Entries(name string) (int, error) {
	conn, err := net.Dial("unix", p.Runtime())
	if err != nil {
		return 0, fmt.Errorf("ask HAProxy: %w", err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := fmt.Fprintf(conn, "show map %s\n", filepath.Join(p.Maps(), name+".map")); err != nil {
		return 0, fmt.Errorf("ask HAProxy: %w", err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		return 0, fmt.Errorf("ask HAProxy: %w", err)
	}
	return len(bytes.Fields(answer)) / 3, nil // reference, key and value
}

// Configure writes the documented configuration with these places in it, and
// with so much patience for the agent that a busy machine makes no difference.
func (p *Places) Configure() error {
	spoe := filepath.Join(p.Dir, "spoe.conf")
	err := fill("honeymoat-spoe.conf", spoe, [][2]string{{"hello 250ms", "hello 2s"}, {"processing 250ms", "processing 2s"}})
	if err != nil {
		return err
	}
	return fill("haproxy.cfg", p.File(), [][2]string{
		{"/etc/haproxy/honeymoat/", p.Maps() + "/"},
		{"/etc/haproxy/honeymoat-spoe.conf", spoe},
		{"/run/haproxy/honeymoat.sock", p.Runtime()},
		{"bind :8080", "bind " + p.Listen},
		{"127.0.0.1:8000", p.Application},
		{"127.0.0.1:4443", p.Agent},
		{"127.0.0.1:4442", p.Decoys},
		{"127.0.0.1:5514", p.Log},
		{"# http-request set-src req.hdr(x-forwarded-for,-1) if { src 10.0.0.0/8 }", "http-request set-src req.hdr(" + cmp.Or(p.ClientHeader, "X-Client") + ")"},
		{"# http-request set-header X-Suspect", "http-request set-header X-Suspect"},
	})
}

// fill copies a documented file with other values in some places, all of which
// must be there: what the documentation says and what is tested must not part.
func fill(name, to string, places [][2]string) error {
	documented, err := documents()
	if err != nil {
		return err
	}
	data, err := os.ReadFile(filepath.Join(documented, name))
	if err != nil {
		return fmt.Errorf("configure HAProxy: %w", err)
	}
	var pairs []string
	for _, place := range places {
		if !bytes.Contains(data, []byte(place[0])) {
			return fmt.Errorf("configure HAProxy: %s no longer holds %q", name, place[0])
		}
		pairs = append(pairs, place[:]...)
	}
	// All at once: the port that one place gets may begin like that of another.
	text := strings.NewReplacer(pairs...).Replace(string(data))
	if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
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
