package stage

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Build compiles honeymoat's programs from the module that holds the working
// directory into dir.
func Build(ctx context.Context, dir string) error {
	return goBuild(ctx, dir+string(filepath.Separator), "github.com/honeymoat/honeymoat/cmd/...")
}

func goBuild(ctx context.Context, out, packages string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", out, packages)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", packages, err, text)
	}
	return nil
}

// NATS is a NATS server of its own, with JetStream and one account.
type NATS struct {
	*Process
	LeafURL string // for a leaf node, user and password in it; the JetStream domain is "cluster"
}

// NATS builds the server from the module that honeymoat embeds, starts it and
// waits until it listens.
func (s *Stage) NATS(ctx context.Context) (*NATS, error) {
	dir, err := s.mkdir("nats")
	if err != nil {
		return nil, err
	}
	program := filepath.Join(dir, "nats-server")
	if err := goBuild(ctx, program, "github.com/nats-io/nats-server/v2"); err != nil {
		return nil, err
	}
	var clients, leafs string
	if err := s.addresses(&clients, &leafs); err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "nats.conf")
	text := fmt.Sprintf(natsConfig, clients, filepath.Join(dir, "jetstream"), leafs)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("configure nats-server: %w", err)
	}
	n := &NATS{
		Process: s.process("nats-server", program, "-c", config),
		LeafURL: "nats-leaf://honeymoat:leaf@" + leafs,
	}
	if err := n.Start(); err != nil {
		return nil, err
	}
	return n, n.waitListening(ctx, leafs)
}

const natsConfig = `
server_name: external
listen: %q
max_payload: 4194304
jetstream { store_dir: %q, sync_interval: always, domain: cluster }
leafnodes { listen: %q }
accounts {
  honeymoat { jetstream: enabled, users: [{user: honeymoat, password: leaf}] }
}
`

// waitListening waits until somebody listens at an address, or the process
// has ended.
func (p *Process) waitListening(ctx context.Context, address string) error {
	return p.wait(ctx, "listens on "+address, func(ctx context.Context) error {
		network := "tcp"
		if strings.HasPrefix(address, "/") {
			network = "unix"
		}
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return err
		}
		return conn.Close()
	})
}
