package stage

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Stage is a directory with programs in it. Its methods start them; Close
// ends all that still run. It is safe for concurrent use.
type Stage struct {
	dir string
	bin string

	mu      sync.Mutex
	ports   map[int]bool
	closers []func() error // last in, first out
	cast    []*Process
}

// New prepares a stage in dir, which must exist and have a short path: unix
// sockets lie below it. bin is the directory with honeymoat and
// honeymoat-agent.
func New(dir, bin string) (*Stage, error) {
	absolute, err := filepath.Abs(bin)
	if err != nil {
		return nil, fmt.Errorf("stage: %w", err)
	}
	for _, program := range []string{"honeymoat", "honeymoat-agent"} {
		if _, err := os.Stat(filepath.Join(absolute, program)); err != nil {
			return nil, fmt.Errorf("stage: %w (build it: make build)", err)
		}
	}
	return &Stage{dir: dir, bin: absolute, ports: map[int]bool{}}, nil
}

// Program is the path of one of honeymoat's own programs.
func (s *Stage) Program(name string) string { return filepath.Join(s.bin, name) }

// Path is a path in the stage's directory.
func (s *Stage) Path(name string) string { return filepath.Join(s.dir, name) }

// Close ends everything, in the opposite order of its start.
func (s *Stage) Close() error {
	s.mu.Lock()
	closers := s.closers
	s.closers = nil
	s.mu.Unlock()
	var errs []error
	for i := len(closers) - 1; i >= 0; i-- {
		errs = append(errs, closers[i]())
	}
	return errors.Join(errs...)
}

// Tails is the end of every program's log, for messages.
func (s *Stage) Tails() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	tails := make([]string, len(s.cast))
	for i, p := range s.cast {
		tails[i] = p.Tail()
	}
	return strings.Join(tails, "\n")
}

func (s *Stage) onClose(f func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closers = append(s.closers, f)
}

// process makes a program of this stage, which is not started yet.
func (s *Stage) process(name string, args ...string) *Process {
	p := newProcess(name, s.Path(name+".log"), args...)
	s.mu.Lock()
	s.cast = append(s.cast, p)
	s.mu.Unlock()
	s.onClose(p.dismiss)
	return p
}

// mkdir makes a directory of this stage and gives its path.
func (s *Stage) mkdir(name string) (string, error) {
	dir := s.Path(name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("stage: %w", err)
	}
	return dir, nil
}
