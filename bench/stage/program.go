package stage

import (
	"context"
	"fmt"
	"os"
)

// Server starts any program that listens at an address, with a configuration
// file of its own, and waits until it does. The program gets args and the
// file's name.
func (s *Stage) Server(ctx context.Context, name, address, config string, args ...string) (*Process, error) {
	dir, err := s.mkdir(name)
	if err != nil {
		return nil, err
	}
	file := dir + "/" + name + ".conf"
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		return nil, fmt.Errorf("configure %s: %w", name, err)
	}
	p := s.process(name, append(args, file)...)
	if err := p.Start(); err != nil {
		return nil, err
	}
	return p, p.waitListening(ctx, address)
}
