package agent

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/agent/agenttest"
	"github.com/honeymoat/honeymoat/pkg/block"
)

func TestRestartWhileTheServiceIsAway(t *testing.T) {
	f := func(name string, meanwhile func(c *testClock), short, long bool) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				service, clock, dir := agenttest.New(), newTestClock(), t.TempDir()
				r := newRig(t, service, clock, dir).start()
				service.Put("192.0.2.1", time.Minute)
				service.Put("192.0.2.2", time.Hour)
				pass(2 * time.Second)
				r.stop()
				service.Cut()
				meanwhile(clock)
				r = newRig(t, service, clock, dir)
				r.want("192.0.2.1", short) // before it even runs
				r.want("192.0.2.2", long)
				r.start()
				r.want("192.0.2.1", short)
				r.want("192.0.2.2", long)
			})
		})
	}
	f("at once", func(*testClock) {}, true, true)
	f("later", func(*testClock) { time.Sleep(2 * time.Minute) }, false, true)
	f("much later", func(*testClock) { time.Sleep(2 * time.Hour) }, false, false)
	f("time of day set forward", func(c *testClock) { c.moved.Store(int64(9 * time.Hour)) }, true, true)
	f("time of day set back, later", func(c *testClock) {
		c.moved.Store(-int64(9 * time.Hour))
		time.Sleep(2 * time.Minute)
	}, false, true)
	reboot := func(c *testClock) { c.boot, c.started = "boot-2", time.Now() }
	f("rebooted, later", func(c *testClock) {
		time.Sleep(2 * time.Minute)
		reboot(c)
	}, false, true)
	f("rebooted, time of day set back", func(c *testClock) {
		reboot(c)
		c.moved.Store(-int64(time.Hour))
	}, true, true)
}

func TestDamagedStateIsSetAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service, clock, dir := agenttest.New(), newTestClock(), t.TempDir()
		r := newRig(t, service, clock, dir).start()
		service.Put("192.0.2.1", time.Hour)
		pass(2 * time.Second)
		r.stop()
		path := filepath.Join(dir, StateFile)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		data[len(data)/2] ^= 1
		if err := errors.Join(os.WriteFile(path, data, 0o600), os.WriteFile(filepath.Join(dir, touchesFile), []byte("{"), 0o600)); err != nil {
			t.Fatal(err)
		}
		r = newRig(t, service, clock, dir)
		r.want("192.0.2.1", false)
		r.start()
		r.want("192.0.2.1", true)
		for _, name := range []string{StateFile, touchesFile} {
			if _, err := os.Stat(filepath.Join(dir, name+".corrupt")); err != nil {
				t.Error(err)
			}
		}
		if !strings.Contains(r.log.String(), "cannot be read") {
			t.Errorf("log: %s", r.log)
		}
	})
}

func TestStateThatCannotBeSavedIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service, dir := agenttest.New(), t.TempDir()
		r := newRig(t, service, newTestClock(), dir).start()
		aside := dir + "-aside"
		if err := os.Rename(dir, aside); err != nil {
			t.Fatal(err)
		}
		service.Put("192.0.2.1", time.Hour)
		pass(time.Minute)
		r.want("192.0.2.1", true)
		if n := strings.Count(r.log.String(), "cannot be saved"); n != 1 {
			t.Errorf("told %d times: %s", n, r.log)
		}
		if err := os.Rename(aside, dir); err != nil {
			t.Fatal(err)
		}
		pass(2 * time.Second)
		if !strings.Contains(r.log.String(), "can be saved again") {
			t.Errorf("log: %s", r.log)
		}
	})
}

func TestLeftoversAreRemoved(t *testing.T) {
	dir := t.TempDir()
	left := filepath.Join(dir, "."+StateFile+"123456")
	if err := os.WriteFile(left, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	newRig(t, agenttest.New(), newTestClock(), dir)
	if _, err := os.Stat(left); err == nil {
		t.Error("what a killed process left is still there")
	}
}

func FuzzDecodeState(f *testing.F) {
	clock := newTestClock()
	var b block.Builder
	b.Add(block.Delta{Revision: 1, Target: block.AddressTarget(netip.MustParseAddr("192.0.2.7")), ID: 1, Left: time.Hour}, 0)
	good, err := encodeState(savedState{sets: map[string]*block.Set{block.All: b.Set(1)}}, clock)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add([]byte(stateMagic))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := decodeState(data, clock); err != nil && !errors.Is(err, block.ErrCorrupt) {
			t.Errorf("an error that is not of damage: %v", err)
		}
	})
}
