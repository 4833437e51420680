package bus

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/auth"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

func TestEnrolmentTokenServesOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, at where) {
		w := start(t, at)
		r := w.Agents()
		token, secret := auth.DigestOf("token"), auth.DigestOf("secret")
		e := Enrolment{Gateway: "gw", Segments: []string{"eu"}, By: "token:admin", ExpiresAt: time.Now().Add(time.Minute)}
		if err := r.CreateEnrolment(t.Context(), token, e); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"", Local, "Upper", "a.b"} {
			if _, err := r.Enrol(t.Context(), token, secret, name); !errors.Is(err, ErrName) {
				t.Errorf("enrol as %q: %v, want ErrName", name, err)
			}
		}
		if _, err := r.Enrol(t.Context(), auth.DigestOf("guess"), secret, "edge"); !errors.Is(err, ErrToken) || !errors.Is(err, respond.ErrNotFound) {
			t.Errorf("enrol with another token: %v, want ErrToken", err)
		}
		a, err := r.Enrol(t.Context(), token, secret, "edge")
		if err != nil || a.Name != "edge" || a.Gateway != "gw" {
			t.Fatalf("Enrol = %+v, %v", a, err)
		}
		if _, err := r.Enrol(t.Context(), token, secret, "edge-2"); !errors.Is(err, ErrToken) {
			t.Errorf("enrol with a used token: %v, want ErrToken", err)
		}
		if _, ok := r.Authenticate("edge", "guess"); ok {
			t.Error("a wrong secret is accepted")
		}
		if _, ok := r.Authenticate("edge", "secret"); !ok {
			t.Error("the secret is not accepted")
		}
	})
}

func TestEnrolmentRefusals(t *testing.T) {
	w := start(t, where{dir: t.TempDir()})
	w.enrol(t, "edge")
	r := w.Agents()
	later := time.Now().Add(time.Minute)
	for name, e := range map[string]Enrolment{
		"over":    {Name: "new", ExpiresAt: time.Now().Add(-time.Second)},
		"name":    {Name: "No Name", ExpiresAt: later},
		"segment": {Segments: []string{"*"}, ExpiresAt: later},
	} {
		if err := r.CreateEnrolment(t.Context(), auth.DigestOf(name), e); err == nil {
			t.Errorf("%s: enrolment is made", name)
		}
	}
	taken := Enrolment{Name: "edge", ExpiresAt: later}
	if err := r.CreateEnrolment(t.Context(), auth.DigestOf("taken"), taken); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Enrol(t.Context(), auth.DigestOf("taken"), auth.DigestOf("x"), ""); !errors.Is(err, respond.ErrExists) {
		t.Errorf("enrol under a taken name: %v, want ErrExists", err)
	}
	if err := r.Revoke(t.Context(), "nobody"); !errors.Is(err, respond.ErrNotFound) {
		t.Errorf("revoke nobody: %v, want ErrNotFound", err)
	}
	if err := r.Report(t.Context(), block.Report{Agent: "nobody"}); !errors.Is(err, respond.ErrNotFound) {
		t.Errorf("report of nobody: %v, want ErrNotFound", err)
	}
}

func TestRegistrySurvivesARestart(t *testing.T) {
	at := where{dir: t.TempDir()}
	w := start(t, at)
	w.enrol(t, "edge", "eu")
	w.enrol(t, "gone")
	if err := w.Agents().Revoke(t.Context(), "gone"); err != nil {
		t.Fatal(err)
	}
	w.stop()
	w = start(t, at)
	secret, segments, ok := w.Agents().Lookup("edge")
	if !ok || secret != auth.DigestOf("edge") || !slices.Equal(segments, []string{block.All, "eu"}) {
		t.Errorf("Lookup = %v, %v", segments, ok)
	}
	if _, _, ok := w.Agents().Lookup("gone"); ok {
		t.Error("a revoked agent is let in after a restart")
	}
}

func TestPropagationIsMeasured(t *testing.T) {
	everywhere(t, func(t *testing.T, at where) {
		w := start(t, at)
		w.enrol(t, "edge")
		g := w.follow(t, "edge")
		eventually(t, "the agent is linked", func() bool { return g.inStep(w, block.All) })
		w.reported(t, block.Report{Agent: "edge"})
		w.put(t, blockOn(block.All, "192.0.2.1"))
		eventually(t, "the agent is in step", func() bool { return g.inStep(w, block.All) })
		report := block.Report{Agent: "not believed", Software: "1.0", Enforcing: g.replica.Versions(), Denied: 3}
		if err := g.Report(t.Context(), report); err != nil {
			t.Fatal(err)
		}
		var a block.Agent
		eventually(t, "the report arrives", func() bool {
			agents, err := w.Agents().Agents(t.Context())
			a = agents[0]
			return err == nil && a.Software == "1.0"
		})
		if a.Name != "edge" || !a.Connected || a.PropagationMillis <= 0 || a.Enforcing[block.All].Count != 1 {
			t.Errorf("agent = %+v", a)
		}
		t.Logf("propagation %.1f ms", a.PropagationMillis)
		w.Agents().sample(t.Context(), time.Now())
		if row := w.firstRecord(t); row.Name != "edge" || row.PropagationMS == nil || row.Denied != 3 || row.Latest != row.Revision {
			t.Errorf("row = %+v", row)
		}
	})
}

func (w *world) firstRecord(t *testing.T) (row agentRow) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err := w.Records("test").Consume(ctx, 0, func(_ uint64, _, _ string, rows []byte) error {
		defer cancel()
		return json.Unmarshal(rows, &row)
	})
	if err != nil {
		t.Fatal(err)
	}
	return row
}

func TestTouchAndWithdraw(t *testing.T) {
	everywhere(t, func(t *testing.T, at where) {
		w := start(t, at)
		w.enrol(t, "edge")
		g := w.follow(t, "edge")
		f := finding.Finding{ID: "found", Tier: finding.Log}
		if err := g.Touch(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		if agent, _ := w.touches.Load("found"); agent != "edge" {
			t.Errorf("the touch came from %v", agent)
		}
		f.ID = "refused"
		if err := g.Touch(t.Context(), f); err == nil {
			t.Error("a touch that the service did not keep is acknowledged")
		}
		if err := w.Withdraw(t.Context(), "edge", 42); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the refusal is withdrawn", func() bool {
			g.mu.Lock()
			defer g.mu.Unlock()
			return slices.Equal(g.withdrew, []block.ID{42})
		})
	})
}

// The embedded server asks Lookup while it holds the lock that Connected
// waits for: who asks Connected may not hold what Lookup needs.
func TestConnectedIsAskedWithoutALock(t *testing.T) {
	var w *world
	var asked atomic.Int64
	w = start(t, where{dir: t.TempDir()}, func(o *Options) {
		o.Connected = func(name string) bool {
			asked.Add(1)
			_, _, known := w.Agents().Lookup(name)
			return known
		}
	})
	w.enrol(t, "edge")
	done := make(chan error, 1)
	go func() {
		r := w.Agents()
		_, listErr := r.Agents(t.Context())
		_, known := r.Authenticate("edge", "edge")
		if !known {
			t.Error("the agent is not let in")
		}
		reportErr := r.Report(t.Context(), block.Report{Agent: "edge", Enforcing: map[string]block.Version{block.All: {}}})
		if rows := r.rows(time.Now()); len(rows) != 1 {
			t.Errorf("%d rows, want 1", len(rows))
		}
		done <- errors.Join(listErr, reportErr)
	}()
	select {
	case err := <-done:
		if err != nil || asked.Load() != 3 {
			t.Errorf("asked %d times, want 3: %v", asked.Load(), err)
		}
	case <-time.After(patience):
		t.Fatal("the registry waits for itself")
	}
}

func TestAReportTellsOfTheAgentsOwnSegmentsOnly(t *testing.T) {
	w := start(t, where{dir: t.TempDir()})
	w.enrol(t, "edge", "eu")
	report := block.Report{Agent: "edge", Software: strings.Repeat("v", 1<<20), Enforcing: map[string]block.Version{
		block.All: {Revision: 1}, "eu": {Revision: 2}, "us": {Revision: 3}, "no name": {},
	}}
	if err := w.Agents().Report(t.Context(), report); err != nil {
		t.Fatal(err)
	}
	agents, err := w.Agents().Agents(t.Context())
	if err != nil || len(agents) != 1 {
		t.Fatalf("%d agents, %v", len(agents), err)
	}
	a := agents[0]
	if len(a.Enforcing) != 2 || a.Enforcing["eu"].Revision != 2 || len(a.Software) != maxSoftware {
		t.Errorf("enforcing %v, %d bytes of version", a.Enforcing, len(a.Software))
	}
	if rows := w.Agents().rows(time.Now()); len(rows) != 2 {
		t.Errorf("%d rows, want 2", len(rows))
	}
}

// What an agent says that it has refused is passed on with its segments, and
// what a stranger says is not.
func TestRefusalsOfAReportArePassedOn(t *testing.T) {
	var segments []string
	counts := map[block.ID]uint64{}
	w := start(t, where{dir: t.TempDir()}, func(o *Options) {
		o.Refused = func(s []string, told map[block.ID]uint64) {
			segments = s
			maps.Copy(counts, told)
		}
	})
	w.enrol(t, "edge", "eu")
	r := w.Agents()
	if err := r.Report(t.Context(), block.Report{Agent: "nobody", Refused: map[block.ID]uint64{1: 1}}); err == nil || len(counts) != 0 {
		t.Errorf("of a stranger: %v, %v", counts, err)
	}
	if err := r.Report(t.Context(), block.Report{Agent: "edge", Refused: map[block.ID]uint64{2: 3}}); err != nil {
		t.Fatal(err)
	}
	if counts[2] != 3 || len(counts) != 1 || !slices.Contains(segments, "eu") {
		t.Errorf("%v in %v", counts, segments)
	}
}
