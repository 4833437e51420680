package stage

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func shell(t *testing.T, script string) *Process {
	t.Helper()
	p := newProcess("shell", filepath.Join(t.TempDir(), "log"), "/bin/sh", "-c", script)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	return p
}

func patient(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func (p *Process) waitSaid(t *testing.T, text string) {
	t.Helper()
	if err := p.wait(patient(t), "says "+text, func(context.Context) error { return p.Said(text) }); err != nil {
		t.Fatal(err)
	}
}

func TestProcessStopsWhenAsked(t *testing.T) {
	p := shell(t, `trap 'echo bye; exit 3' TERM; echo up; while :; do sleep 0.01; done`)
	p.waitSaid(t, "up")
	if !p.Running() {
		t.Error("it does not run")
	}
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
	if code, err := p.ExitCode(patient(t)); err != nil || code != 3 {
		t.Errorf("code %d, %v", code, err)
	}
	if p.Running() || !strings.Contains(p.Tail(), "bye") {
		t.Errorf("running %v, %s", p.Running(), p.Tail())
	}
	if err := p.Stop(); err != nil {
		t.Errorf("a second stop: %v", err)
	}
}

func TestProcessIsKilledAndStartedAgain(t *testing.T) {
	p := shell(t, `echo once; exec sleep 1000`)
	p.waitSaid(t, "once")
	first := p.Pid()
	p.Kill()
	if code, err := p.ExitCode(patient(t)); err != nil || code != -1 {
		t.Errorf("code %d, %v", code, err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	if p.Pid() == first || !p.Running() {
		t.Error("it was not started again")
	}
	if err := p.Signal(syscall.SIGKILL); err != nil {
		t.Error(err)
	}
	<-p.Ended()
}

// TestWaitEndsWithTheProcess: nobody waits half a minute for a dead one.
func TestWaitEndsWithTheProcess(t *testing.T) {
	p := shell(t, `echo this is why >&2; exit 1`)
	err := p.wait(patient(t), "flies", func(context.Context) error { return p.Said("wings") })
	if err == nil || !strings.Contains(err.Error(), "has ended") || !strings.Contains(err.Error(), "this is why") {
		t.Errorf("%v", err)
	}
}

func TestChildrenCount(t *testing.T) {
	p := shell(t, `sleep 1000 & echo up; wait`)
	p.waitSaid(t, "up")
	// A child that has just been forked has no memory of its own yet.
	err := p.wait(patient(t), "and its child use memory", func(context.Context) error {
		own, below, err := p.Usage()
		for _, u := range []Usage{own, below} {
			if u.ResidentBytes == 0 || u.PeakBytes < u.ResidentBytes {
				err = errors.Join(err, fmt.Errorf("usage %+v", u))
			}
		}
		return err
	})
	if err != nil || len(children(p.Pid())) != 1 {
		t.Errorf("%v, children %v", err, children(p.Pid()))
	}
	family := children(p.Pid())
	if err := p.dismiss(); err != nil || p.Running() || alive(family[0]) {
		t.Errorf("dismissed: %v; running %v, child %v", err, p.Running(), alive(family[0]))
	}
}
