package stage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Process is a child process that can be killed and started again with the
// same arguments. Its output goes to a file.
type Process struct {
	name  string
	args  []string
	log   string
	death syscall.Signal // what it gets when this process dies

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{} // closed when cmd has ended
	err  error         // how cmd ended, valid after done
}

func newProcess(name, log string, args ...string) *Process {
	return &Process{name: name, args: args, log: log, death: syscall.SIGKILL}
}

// Start runs the program; output is appended to the log file.
func (p *Process) Start() error {
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	defer func() { _ = out.Close() }() // the child has its own descriptor
	cmd := exec.Command(p.args[0], p.args[1:]...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: p.death}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	done := make(chan struct{})
	p.mu.Lock()
	p.cmd, p.done = cmd, done
	p.mu.Unlock()
	go func() {
		err := cmd.Wait()
		p.mu.Lock()
		p.err = err
		p.mu.Unlock()
		close(done)
	}()
	return nil
}

// Pid is the id of the running or last process.
func (p *Process) Pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cmd.Process.Pid
}

// Kill ends the process with SIGKILL and waits until it is gone.
func (p *Process) Kill() { p.end(syscall.SIGKILL) }

// Stop asks the process to end, and kills it when it does not within half a
// minute, which is an error. A process that has ended already is left in
// peace.
func (p *Process) Stop() error {
	if !p.Running() {
		return nil
	}
	p.end(syscall.SIGTERM)
	p.mu.Lock()
	defer p.mu.Unlock()
	var exit *exec.ExitError
	if errors.As(p.err, &exit) && !exit.Exited() {
		return fmt.Errorf("%s did not stop when asked to: %w\n%s", p.name, p.err, p.Tail())
	}
	return nil
}

// dismiss ends the process and its children at once: the end of a play is no
// test of how programs stop.
func (p *Process) dismiss() error {
	if !p.Running() {
		return nil
	}
	family := children(p.Pid())
	p.Kill()
	for _, child := range family {
		_ = syscall.Kill(child, syscall.SIGKILL) // most have ended with their parent
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return Until(ctx, "the children of "+p.name+" have ended", func(context.Context) error {
		for _, child := range family {
			if alive(child) {
				return fmt.Errorf("process %d runs", child)
			}
		}
		return nil
	})
}

func (p *Process) end(signal syscall.Signal) {
	p.mu.Lock()
	cmd, done := p.cmd, p.done
	p.mu.Unlock()
	if cmd == nil {
		return
	}
	_ = cmd.Process.Signal(signal) // fails when it has ended by itself
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		_ = cmd.Process.Kill()
		<-done
	}
}

// Running tells whether the process was started and has not ended.
func (p *Process) Running() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return false
	}
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// Ended is closed when the process has ended.
func (p *Process) Ended() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.done
}

// Signal sends a signal to the running process.
func (p *Process) Signal(signal syscall.Signal) error {
	if err := syscall.Kill(p.Pid(), signal); err != nil {
		return fmt.Errorf("signal %s: %w", p.name, err)
	}
	return nil
}

// ExitCode waits until the process has ended by itself and gives its code, or
// -1 when a signal ended it.
func (p *Process) ExitCode(ctx context.Context) (int, error) {
	select {
	case <-ctx.Done():
		return 0, fmt.Errorf("%s has not ended: %w\n%s", p.name, context.Cause(ctx), p.Tail())
	case <-p.Ended():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cmd.ProcessState.ExitCode(), nil
}

// wait polls until check is content. It fails at once when the process ends;
// every error carries the end of the process' log.
func (p *Process) wait(ctx context.Context, what string, check func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	finished := make(chan struct{})
	defer close(finished)
	ended := p.Ended()
	go func() {
		select {
		case <-ended:
			cancel(errors.New("the process has ended"))
		case <-finished:
		}
	}()
	if err := Until(ctx, p.name+" "+what, check); err != nil {
		return fmt.Errorf("%w\n%s", err, p.Tail())
	}
	return nil
}

// Tail is the end of the process' output, for messages.
func (p *Process) Tail() string {
	f, err := os.Open(p.log)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = f.Close() }()
	const keep = 4 << 10
	if size, err := f.Seek(0, io.SeekEnd); err == nil {
		_, _ = f.Seek(max(0, size-keep), io.SeekStart)
	}
	data, _ := io.ReadAll(f)
	return "--- end of " + p.log + "\n" + strings.TrimSpace(string(data))
}

// Usage reads /proc of the process and of its direct children.
func (p *Process) Usage() (own, children Usage, err error) {
	own, children, err = UsageOf(p.Pid())
	if err != nil {
		err = fmt.Errorf("usage of %s: %w", p.name, err)
	}
	return own, children, err
}

// Said is nil when the process' output holds a text.
func (p *Process) Said(text string) error {
	data, err := os.ReadFile(p.log)
	if err != nil {
		return fmt.Errorf("what %s said: %w", p.name, err)
	}
	if !strings.Contains(string(data), text) {
		return fmt.Errorf("%s has not said %q", p.name, text)
	}
	return nil
}
