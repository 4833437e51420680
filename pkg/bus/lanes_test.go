package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

func TestLanesKeepOrderAndAreBounded(t *testing.T) {
	var mu sync.Mutex
	handled, refused := map[string][]string{}, 0
	gate := make(chan struct{})
	l := &lanes{
		handle: func(_ context.Context, m *nats.Msg) {
			<-gate
			mu.Lock()
			defer mu.Unlock()
			handled[caller(m)] = append(handled[caller(m)], string(m.Data))
		},
		overflow: func(*nats.Msg) { refused++ },
	}
	var g errgroup.Group
	push := func(agent, data string) {
		l.push(t.Context(), &g, &nats.Msg{Subject: "touch." + agent, Data: []byte(data)})
	}
	for n := range 10 * laneSize {
		push("flood", fmt.Sprint(n))
	}
	push("quiet", "1")
	push("quiet", strings.Repeat("x", maxQuestion+1))
	close(gate)
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	// One more may be under way when the lane is full.
	if n := len(handled["flood"]); n < laneSize || n > laneSize+1 || refused != 10*laneSize-n+1 || len(handled["quiet"]) != 1 {
		t.Errorf("handled %d and %d, refused %d", n, len(handled["quiet"]), refused)
	}
	last := -1
	for _, data := range handled["flood"] {
		n, err := strconv.Atoi(data)
		if err != nil || n <= last {
			t.Fatalf("message %s after %d", data, last)
		}
		last = n
	}
	if len(l.lanes) != 0 {
		t.Errorf("%d lanes are left", len(l.lanes))
	}
}

// An agent whose touches take for ever, and one that floods, are their own
// trouble.
func TestSlowAgentsDelayNoOthers(t *testing.T) {
	w := start(t, where{dir: t.TempDir()})
	defer close(w.gate)
	for _, name := range []string{"slow", "flood", "quiet"} {
		w.enrol(t, name, "eu")
	}
	slow, flood := attacker(t, w, "slow"), attacker(t, w, "flood")
	stuck, err := json.Marshal(finding.Finding{ID: "stuck", Tier: finding.Log})
	if err != nil {
		t.Fatal(err)
	}
	for range 4 * laneSize {
		if err := slow.Publish("touch.slow", stuck); err != nil {
			t.Fatal(err)
		}
	}
	inbox := flood.NewInbox()
	for range 20_000 {
		for _, subject := range []string{"report.flood", "snapshot.flood.eu", "hello.flood"} {
			if err := flood.PublishRequest(subject, inbox, []byte("{")); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := slow.Flush(); err != nil {
		t.Fatal(err)
	}
	g := w.follow(t, "quiet")
	w.put(t, blockOn("eu", "192.0.2.1"))
	eventually(t, "a quiet agent is in step", func() bool { return g.inStep(w, "eu") && g.denies("192.0.2.1") })
	if err := g.Touch(t.Context(), finding.Finding{ID: "found", Tier: finding.Log}); err != nil {
		t.Error(err)
	}
	g.reports(t, w, "eu")
	eventually(t, "its report is taken", func() bool {
		agents, err := w.Agents().Agents(t.Context())
		return err == nil && agents[1].Name == "quiet" && agents[1].Enforcing["eu"] == w.Blocks().Versions()["eu"]
	})
}
