package nginx

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// heard is a mirror.Way that remembers what it heard last.
type heard struct {
	mu       sync.Mutex // for all below
	revision uint64
	why      error
	blocks   int
}

func (h *heard) Holds(revisions map[string]uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.revision, h.why = revisions[block.All], nil
}

func (h *heard) Fails(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.why = err
}

func (h *heard) Leaves(blocks, _ int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.blocks = blocks
}

func (h *heard) state() (revision uint64, blocks int, why error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.revision, h.blocks, h.why
}

// holdsWhatItSays: from the moment that a way says so, the blocks are enforced
// on whoever connects, by each of nginx's workers.
func (r *rig) holdsWhatItSays(s *source, way *heard) {
	r.t.Helper()
	for i := range 4 {
		client := fmt.Sprintf("192.0.2.%d", i)
		s.put(r.t, client, block.Deny, nil)
		want := s.Revisions()[block.All]
		r.await("nginx to hold it", func() bool { revision, _, _ := way.state(); return revision == want })
		for range 20 {
			r.client.CloseIdleConnections()
			r.want(client, "/", 403)
		}
	}
	s.put(r.t, "country:AQ", block.Deny, nil) // not for nginx
	want := s.Revisions()[block.All]
	r.await("nothing to wait for", func() bool { revision, _, _ := way.state(); return revision == want })
}

func TestFilesHoldWhatTheySay(t *testing.T) {
	r, s, f, _ := filesRig(t)
	r.start()
	way := &heard{}
	f.o.Way, f.o.Metrics = way, nil
	f, err := NewFiles(f.o)
	if err != nil {
		t.Fatal(err)
	}
	f.recount = 10 * time.Millisecond
	r.run(f.Run)
	r.holdsWhatItSays(s, way)
	r.await("what nginx cannot hold is told", func() bool { _, blocks, _ := way.state(); return blocks == 1 })
}

func TestDictHoldsWhatItSays(t *testing.T) {
	r, s, d := luaRig(t)
	r.start()
	way := &heard{}
	d.o.Way = way
	d, err := NewDict(d.o)
	if err != nil {
		t.Fatal(err)
	}
	r.run(d.Run)
	r.holdsWhatItSays(s, way)
	r.stop()
	r.client.CloseIdleConnections()
	r.await("that nginx is gone is told", func() bool { _, _, why := way.state(); return why != nil })
	r.start()
	r.await("that it is back is told", func() bool { _, _, why := way.state(); return why == nil })
	r.want("192.0.2.1", "/", 403)
}

// A reload that was asked for and did not happen is no success.
func TestFilesThatNginxDoesNotShow(t *testing.T) {
	r, s, f, _ := filesRig(t)
	r.start()
	way, registry := &heard{}, prometheus.NewRegistry()
	o := f.o
	o.Way, o.Metrics, o.Reload = way, registry, []string{"true"}
	f, err := NewFiles(o)
	if err != nil {
		t.Fatal(err)
	}
	f.within = 300 * time.Millisecond
	s.put(t, "192.0.2.1", block.Deny, nil)
	stop := r.run(f.Run)
	r.await("that it is told", func() bool {
		revision, _, why := way.state()
		return revision == 0 && why != nil && strings.Contains(why.Error(), "does not show the new blocks")
	})
	stop()
	r.want("192.0.2.1", "/", 200)
	if got := metric(t, registry, "honeymoat_nginx_reloads_total"); got != 0 {
		t.Errorf("%v reloads are counted", got)
	}
}

// A server that never answers is told of once, and costs no reload but those
// for new blocks; they are enforced all the same.
func TestFilesThatNobodyConfirms(t *testing.T) {
	r, s, f, _ := filesRig(t)
	r.start()
	var log strings.Builder
	o, later := f.o, time.Duration(0)
	o.Confirm, o.Metrics = "unix:"+filepath.Join(r.dir, "nobody.sock"), nil
	o.Reload = append([]string{"sh", "-c", `echo >>$0/reloads; exec "$@"`, r.dir}, o.Reload...)
	o.Now = func() time.Duration { return s.now() + later }
	o.Log = slog.New(slog.NewTextHandler(&log, nil))
	f, err := NewFiles(o)
	if err != nil {
		t.Fatal(err)
	}
	f.within = 100 * time.Millisecond
	attempt := func(reloads int) {
		t.Helper()
		err := f.update(t.Context())
		if f.ended(err); err == nil || !strings.Contains(err.Error(), "conf.d/honeymoat-maps.conf") {
			t.Errorf("%v", err)
		}
		if got := strings.Count(r.read("reloads"), "\n"); got != reloads {
			t.Errorf("%d reloads, want %d", got, reloads)
		}
	}
	change := func(client string) {
		t.Helper()
		s.put(t, client, block.Deny, nil)
		if _, err := f.mirror.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	change("192.0.2.1")
	attempt(1)
	attempt(1)
	change("192.0.2.2")
	attempt(2)
	r.turns("192.0.2.2", "/", 403)
	later = firstAgain + time.Second
	attempt(3)
	attempt(3)
	later *= 2
	attempt(3)
	if f.attempt.pause != maxPause {
		t.Errorf("the next attempt is in %s", f.attempt.pause)
	}
	if told := strings.Count(log.String(), "nobody at"); told != 1 {
		t.Errorf("told %d times:\n%s", told, log.String())
	}
}
