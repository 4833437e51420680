package endtoend

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
)

// nowhere is a path at which there is no engine.
const nowhere = "/nonexistent/libchdb.so"

// TestEngineIsMissing: a clear word in readiness and log, and everything but
// the history works; once the engine is there, nothing of meanwhile is missing.
func TestEngineIsMissing(t *testing.T) {
	t.Parallel()
	p := withoutStore(t, stage.Settings{})
	a, b := p.gateway("edge-a", nil), p.gateway("edge-b", nil)
	v := p.visitor(attacker)
	p.touch(v, a)
	p.turns(v, b, "/shop", http.StatusForbidden)
	p.blocked(attacker)
	_, err := p.service.API.Findings(p.deadline(), attacker)
	p.refused(err, "unavailable")
	p.eventually("readiness tells what is wrong", func(ctx context.Context) error {
		return p.notReady(ctx, "store")
	})
	p.eventually("the log tells what to do", func(context.Context) error {
		return p.service.Said("make engine")
	})
	p.installEngine()
	p.touches(attacker, 1, 3)
	p.get(v, a, "/shop", http.StatusForbidden)
}

// withoutStore sets a stage on which the engine is missing.
func withoutStore(t *testing.T, settings stage.Settings) *play {
	t.Helper()
	p := &play{T: t, Stage: newStage(t)}
	var err error
	p.backend, err = p.Backend()
	p.must(err)
	p.service, err = p.PrepareService("service", settings.With(stage.Settings{"store.engine.library": nowhere}))
	p.must(err)
	p.must(p.service.Start())
	p.must(p.service.WaitUp(p.deadline()))
	return p
}

// installEngine mends what withoutStore broke.
func (p *play) installEngine() {
	p.Helper()
	p.must(p.service.Change(stage.Settings{"store.engine.library": os.Getenv("HONEYMOAT_ENGINE")}))
	p.must(p.service.Restart(p.deadline()))
}

// notReady is nil when a part is not ready and /readyz says so, with a reason.
func (p *play) notReady(ctx context.Context, name string) error {
	status, err := p.service.API.Status(ctx)
	if err != nil {
		return err
	}
	for _, part := range status.Parts {
		if part.Name == name && !part.Ready && part.Detail != "" && !status.Ready {
			return p.service.API.NotReady(ctx)
		}
	}
	return fmt.Errorf("parts: %+v", status.Parts)
}

// TestStoreIsKilled: detection and blocking do not notice; analysts have
// everything a little later.
func TestStoreIsKilled(t *testing.T) {
	t.Parallel()
	p := newPlay(t, nil)
	a, b := p.gateway("edge-a", nil), p.gateway("edge-b", nil)
	for i := range 3 {
		v := p.visitor(fmt.Sprintf("203.0.113.%d", i+1))
		p.must(p.service.KillEngine())
		p.touch(v, a)
		p.turns(v, b, "/shop", http.StatusForbidden)
		p.touches(v.Address, 1, 3)
	}
	p.must(p.service.WaitReady(p.deadline()))
}

// TestBusIsFull: with the store away and the budget used up, reading stops,
// the files are the buffer, blocking goes on, and nothing is lost.
func TestBusIsFull(t *testing.T) {
	t.Parallel()
	const lines = 20_000
	log := newLog(t, lines)
	p := withoutStore(t, stage.Settings{
		"bus.max_bytes": "16MiB",
		"sources":       []stage.Source{{Name: "bulk", Paths: []string{log}}},
	})
	p.eventually("reading has stopped", func(ctx context.Context) error {
		return p.notReady(ctx, "ingest")
	})
	g := p.gateway("edge-a", nil)
	v := p.visitor(attacker)
	p.touch(v, g)
	p.get(v, g, "/shop", http.StatusForbidden)
	p.blocked(attacker)

	p.installEngine()
	p.stored("source = 'bulk'", lines)
	p.touches(attacker, 1, 3)
}

// newLog writes a log whose lines cannot be compressed much and are numbered.
func newLog(t *testing.T, lines int) string {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "bulk-*.log")
	if err != nil {
		t.Fatal(err)
	}
	out := bufio.NewWriter(file)
	at := time.Now().Format("02/Jan/2006:15:04:05 -0700")
	for i := range lines {
		var noise strings.Builder
		for noise.Len() < 1800 {
			noise.WriteString(rand.Text())
		}
		fmt.Fprintf(out, "198.51.100.1 - - [%s] \"GET /bulk/%d?%s HTTP/1.1\" 200 12 \"-\" \"test\"\n", at, i, noise.String())
	}
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Name()
}

// stored waits until the store has n events under a condition, and wants each
// path once.
func (p *play) stored(condition string, n int) {
	p.Helper()
	p.eventually(fmt.Sprintf("%d events are stored", n), func(ctx context.Context) error {
		got, err := p.service.Query(ctx, "SELECT count(), uniqExact(path) FROM events WHERE "+condition)
		if err == nil && got != fmt.Sprintf("%d\t%d", n, n) {
			err = fmt.Errorf("events and paths: %s", got)
		}
		return err
	})
}
