package agent

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/agent/agenttest"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

func TestRefusalEndsWithTheBlockThatFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := agenttest.New()
		r := newRig(t, service, newTestClock(), t.TempDir()).start()
		removed, short := touchBy("192.0.2.1"), touchBy("192.0.2.2")
		service.OnTouch(func(f finding.Finding) {
			lifetime := time.Hour
			if f.ID == short.ID {
				lifetime = 3 * time.Second
			}
			service.Put(f.Actor.Value, lifetime)
		})
		r.Touch(removed)
		r.Touch(short)
		synctest.Wait()
		r.want("192.0.2.1", true)
		service.Remove("192.0.2.1")
		synctest.Wait()
		r.want("192.0.2.1", false)
		r.want("192.0.2.2", true)
		pass(4 * time.Second)
		r.want("192.0.2.2", false)
	})
}

func TestRefusalEndsWithTheSnapshotThatFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := agenttest.New()
		r := newRig(t, service, newTestClock(), t.TempDir()).start()
		service.Cut()
		synctest.Wait()
		r.Touch(touchBy("192.0.2.1"))
		service.PutUnseen("192.0.2.1", time.Hour)
		service.Mend()
		pass(10 * time.Second)
		r.want("192.0.2.1", true)
		service.Remove("192.0.2.1")
		synctest.Wait()
		r.want("192.0.2.1", false)
	})
}
