package embedded

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// maxLine bounds a line of the child's output that is kept as one.
const maxLine = 64 << 10

// runChild starts one child and waits for its end. When ctx ends it closes the
// child's standard input, and kills it if it does not stop in time.
//
// The thread is locked because Linux sends a parent-death signal when the
// thread that started the child ends, not the process.
func (e *Engine) runChild(ctx context.Context, cfg ChildConfig) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	c, err := e.start(cfg)
	if err != nil {
		return err
	}
	defer e.update(func() { e.serving, e.pid = false, 0 })
	e.update(func() { e.pid = c.cmd.Process.Pid })
	ended := make(chan struct{})
	var stopper sync.WaitGroup
	stopper.Go(func() { e.stopOnDone(ctx, c, ended) })
	err = c.wait()
	close(ended)
	stopper.Wait()
	return err
}

// child is a running process with its pipes.
type child struct {
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	readers sync.WaitGroup
	mu      sync.Mutex
	reason  string // what the child said went wrong
}

func (e *Engine) start(cfg ChildConfig) (*child, error) {
	cmd := exec.Command(e.opts.Command[0], e.opts.Command[1:]...)
	cmd.Env = append(childEnv(cfg), e.opts.Env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setpgid: true}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	e.standBack(cmd.Process.Pid)
	c := &child{cmd: cmd, stdin: stdin}
	c.readers.Go(func() { lines(stdout, func(line string) { e.announced(c, line) }) })
	c.readers.Go(func() { lines(stderr, e.forward) })
	if err := writeLine(stdin, cfg); err != nil {
		e.log.Debug("the engine ended before it read its configuration", "error", err)
	}
	return c, nil
}

// engineNice is how far the engine stands back behind this process: it takes
// what the processors have left, and neither a block nor a gateway on this
// host waits for it.
const engineNice = 10

// standBack lowers the priority of the child, a process group of its own,
// before it is told what to do: the threads that it will start inherit it.
func (e *Engine) standBack(pid int) {
	ours, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err == nil {
		// The kernel gives 20 less the nice value, and holds that to 19.
		err = unix.Setpriority(unix.PRIO_PGRP, pid, 20-ours+engineNice)
	}
	if err != nil {
		e.log.Warn("the engine keeps its priority, others may wait for it", "error", err)
	}
}

// childEnv is the little that the engine needs to know of its surroundings.
func childEnv(cfg ChildConfig) []string {
	return []string{"HOME=" + cfg.DataDir, "TMPDIR=" + filesOf(cfg.DataDir).data, "LANG=C.UTF-8", "PATH=/usr/bin:/bin"}
}

// wait returns why the child ended, in its own words if it had any.
func (c *child) wait() error {
	c.readers.Wait()
	err := c.cmd.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.reason != "":
		return errors.New(c.reason)
	case err != nil:
		return fmt.Errorf("engine process: %w", err)
	}
	return errors.New("engine process: ended by itself")
}

// stopOnDone asks the child to end when ctx does, and insists after a while.
func (e *Engine) stopOnDone(ctx context.Context, c *child, ended <-chan struct{}) {
	defer c.stdin.Close()
	select {
	case <-ended:
		return
	case <-ctx.Done():
	}
	_ = c.stdin.Close()
	timer := time.NewTimer(e.opts.StopTimeout)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
		e.log.Error("the engine did not stop in time; killing it", "timeout", e.opts.StopTimeout)
		_ = c.cmd.Process.Kill()
	}
}

// announced takes a line of the child's standard output.
func (e *Engine) announced(c *child, line string) {
	var a announcement
	if json.Unmarshal([]byte(line), &a) != nil {
		e.log.Info("engine output", "line", line)
		return
	}
	if a.Error != "" {
		c.mu.Lock()
		c.reason = a.Error
		c.mu.Unlock()
		return
	}
	e.log.Info("the engine is ready", "address", a.Addr, "version", a.Version, "pid", c.cmd.Process.Pid)
	e.update(func() { e.addr, e.serving = a.Addr, true })
}

// lines calls fn for each line, cut at maxLine.
func lines(r io.Reader, fn func(string)) {
	br := bufio.NewReaderSize(r, maxLine)
	for {
		line, err := br.ReadSlice('\n')
		if text := strings.TrimRight(string(line), "\r\n"); text != "" {
			fn(text)
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}
