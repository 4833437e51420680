package endtoend

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
)

// absences send the store away and fetch it back, step by step, while all else
// goes on.
type absences struct {
	w      *torture
	steps  []step
	going  bool // within goOn
	frozen int  // process that was stopped
	since  time.Time
}

// step is a part of an absence: it is done again until it is done.
type step struct {
	name string
	do   func() (done bool, err error)
}

// arrange plans what there is time for.
func (a *absences) arrange() {
	p := a.w.plan
	a.add("frozen", p.lines/7, a.freeze, a.lasts(p.frozen))
	if p.full > 0 {
		a.steps = append(a.steps, step{"calm", a.calm}, step{"a small bus", a.squeeze}, step{"a full bus", a.fill}, step{"full", a.goesBy(p.full)})
	}
	a.steps = append(a.steps, step{"thaw", a.thaw})
	if p.gone > 0 {
		a.add("gone", p.lines*4/5, a.remove, a.lasts(p.gone))
		a.steps = append(a.steps, step{"back", a.putBack})
	}
}

func (a *absences) add(name string, lines int, begin, last func() (bool, error)) {
	due := func() (bool, error) { return a.w.written() >= lines, nil }
	a.steps = append(a.steps, step{name + " when due", due}, step{name, begin}, step{name + " for a while", last})
}

// goOn does what can be done by now.
func (a *absences) goOn() error {
	if a.going {
		return nil // a step waits for something
	}
	a.going = true
	defer func() { a.going = false }()
	for len(a.steps) > 0 {
		done, err := a.steps[0].do()
		if err != nil {
			return fmt.Errorf("the store is away, %s: %w", a.steps[0].name, err)
		}
		if !done {
			return nil
		}
		a.steps = a.steps[1:]
	}
	return nil
}

// left names the step that is not done.
func (a *absences) left() string {
	if len(a.steps) == 0 {
		return ""
	}
	return a.steps[0].name
}

func (a *absences) away() bool { return a.w.watch.phase.Load() != storeThere }

// calm waits until no deleted log is unread, and lets nobody delete another:
// while the bus is full its reader could not be killed.
func (a *absences) calm() (bool, error) {
	for _, r := range a.w.readers {
		r.stuck.Store(true)
		if !r.alive.TryLock() {
			return false, nil
		}
		r.alive.Unlock()
	}
	return true, nil
}

// freeze stops the engine: it is there, and does not answer. When its service
// is killed, it ends, and no other can be started.
func (a *absences) freeze() (bool, error) {
	pid, err := engineOf(a.w.service)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	a.begin()
	a.frozen = pid
	return true, errors.Join(err, os.Remove(a.w.library), syscall.Kill(pid, syscall.SIGSTOP))
}

// begin notes that the store has gone.
func (a *absences) begin() {
	a.since = time.Now()
	a.w.watch.phase.Store(storeAway)
}

// lasts is done after some time, as soon as the follower refuses everybody who
// has touched a decoy: the store is still away then.
func (a *absences) lasts(d time.Duration) func() (bool, error) {
	return func() (bool, error) { return time.Since(a.since) >= d && a.w.watch.behind() == 0, nil }
}

func (a *absences) goesBy(d time.Duration) func() (bool, error) {
	return func() (bool, error) { return time.Since(a.since) >= d, nil }
}

// squeeze leaves the bus as little room as there may be.
func (a *absences) squeeze() (bool, error) {
	if !a.w.service.Running() {
		return false, nil // whoever killed it will start it
	}
	err := a.w.service.Change(stage.Settings{"bus.max_bytes": "16MiB"})
	a.w.readers[0].kill()
	a.w.watch.phase.Store(busFull)
	return true, errors.Join(err, a.w.service.Start(), a.w.filler.open())
}

// fill writes lines that cannot be compressed until the bus takes no more.
func (a *absences) fill() (bool, error) {
	if full, err := a.w.service.API.Metric(a.w.deadline(), "honeymoat_ingest_bus_full_total"); err != nil || full > 0 {
		a.since = time.Now()
		return err == nil, nil // the service may be away
	}
	if a.w.filler.Count() == a.w.filler.lines {
		return false, fmt.Errorf("the bus took %d lines and is not full", a.w.filler.lines)
	}
	return false, a.w.filler.more(200)
}

// thaw lets the engine go on, or another one be started.
func (a *absences) thaw() (bool, error) {
	if err := a.stillAway(); err != nil {
		return false, err
	}
	_ = syscall.Kill(a.frozen, syscall.SIGCONT) // it may have ended
	return a.putBack()
}

// stillAway fails when there is an engine that could answer.
func (a *absences) stillAway() error {
	pid, err := engineOf(a.w.service)
	if err != nil {
		return nil
	}
	state, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err == nil && !strings.Contains(string(state), "T (stopped)") {
		err = fmt.Errorf("the engine was not away all the time:\n%s", state)
	}
	return err
}

func (a *absences) putBack() (bool, error) {
	a.end()
	return true, os.Symlink(os.Getenv("HONEYMOAT_ENGINE"), a.w.library)
}

// end notes that the store may come back.
func (a *absences) end() {
	a.w.watch.phase.Store(storeThere)
	for _, r := range a.w.readers {
		r.stuck.Store(false)
	}
}

// remove takes the engine's library away and kills the engine.
func (a *absences) remove() (bool, error) {
	if _, err := a.w.service.Query(a.w.deadline(), "SELECT 1"); err != nil {
		return false, nil // it has not come back yet
	}
	err := os.Remove(a.w.library)
	_ = a.w.service.KillEngine() // it may have been killed just now
	a.begin()
	return true, err
}

// engineOf gives the process of a service's engine.
func engineOf(v *stage.Service) (int, error) {
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", v.Pid()))
	for _, list := range lists {
		children, _ := os.ReadFile(list) // the thread may have ended
		for _, child := range strings.Fields(string(children)) {
			command, _ := os.ReadFile("/proc/" + child + "/cmdline")
			if strings.Contains(string(command), "\x00engine\x00") {
				return strconv.Atoi(child)
			}
		}
	}
	return 0, errors.Join(fmt.Errorf("there is no engine: %w", os.ErrNotExist), err)
}
