package httpapi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"sync"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/agent/httplink"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/ingest"
)

// link is the agents' own end of the paths below /api/v1/agent/.
func (r *running) link(secret string) *httplink.Link {
	r.t.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(r.authority.CertPEM())
	l, err := httplink.New(httplink.Options{
		URL: r.base, Name: "gw-1", Secret: secret, TLS: &tls.Config{RootCAs: roots}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(l.Close)
	return l
}

// holder is what an agent holds.
type holder struct {
	mu      sync.Mutex
	replica *block.Replica
	lost    int
}

func (h *holder) Linked([]string) {}

func (h *holder) Lost(error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lost++
}

func (h *holder) Expect(segment string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.replica.Expect(segment)
}

func (h *holder) Load(segment string, snapshot []byte) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	set, err := block.ReadSnapshot(snapshot, 0, 0)
	if err == nil {
		h.replica.Load(segment, set, 0)
	}
	return err
}

func (h *holder) Apply(segment string, d block.Delta) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.replica.Apply(segment, d, 0)
}

func (h *holder) Heartbeat(segment string, v block.Version) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.replica.Heartbeat(segment, v)
}

func (h *holder) Withdraw(block.ID) {}

func (h *holder) Keys(segment string, keys []block.MatchKey) { h.replica.SetKeys(segment, keys) }

func (h *holder) Versions() map[string]block.Version {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.replica.Versions()
}

func TestAgentsLinkResumesWhereItBroke(t *testing.T) {
	r := run(t)
	first, second := exampleBlock(1), exampleBlock(2)
	set := (*block.Set)(nil).Apply(block.DeltaOf(&first, noon), 0)
	after := set.Apply(block.DeltaOf(&second, noon), 0)
	resumed := make(chan map[string]block.Version, 1)
	r.feed.set(func(_ context.Context, _ string, _ map[string]block.Version, f block.Follower) error {
		f.Linked([]string{block.All})
		r.feed.set(func(ctx context.Context, _ string, have map[string]block.Version, f block.Follower) error {
			resumed <- have
			f.Linked([]string{block.All})
			f.Apply(block.All, block.DeltaOf(&second, noon))
			<-ctx.Done()
			return nil
		})
		return f.Load(block.All, block.AppendSnapshot(nil, set, 0)) // and the stream breaks
	})
	h := &holder{replica: block.NewReplica()}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	l := r.link(agentSecret)
	go func() { done <- l.Follow(ctx, h) }()
	if have := <-resumed; have[block.All] != set.Version() {
		t.Errorf("came back with %+v, want %+v", have, set.Version())
	}
	eventually(t, "the change after the break arrives", func() bool { return h.Versions()[block.All] == after.Version() })
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestAgentsLinkTells(t *testing.T) {
	r := run(t)
	l, ctx := r.link(agentSecret), t.Context()
	report := block.Report{Software: "a/1", Enforcing: map[string]block.Version{block.All: {Revision: 1, Count: 2, Hash: 3}}, Denied: 4, Decided: 5}
	if err := l.Report(ctx, report); err != nil {
		t.Error(err)
	}
	if got := r.agents.reported; got.Agent != "gw-1" || got.Enforcing[block.All] != report.Enforcing[block.All] || got.Denied != 4 {
		t.Errorf("reported %+v", got)
	}
	if err := l.Touch(ctx, exampleFinding()); err != nil {
		t.Error(err)
	}
	if r.operator.by != "gw-1" || r.operator.touched.ID != exampleFinding().ID || !r.operator.touched.Time.Equal(noon) {
		t.Errorf("touched %+v", r.operator.touched)
	}
}

func TestAgentsLinkShips(t *testing.T) {
	r := run(t)
	l, ctx := r.link(agentSecret), t.Context()
	want := ingest.Mark{Sequence: 7, End: event.Position{Offset: 100, Line: 4}}
	if m, err := l.Last(ctx, "web", "00c5a0f1e2d3b4a5"); err != nil || m != want {
		t.Errorf("got %+v, %v, want %+v", m, err, want)
	}
	b := &event.Batch{Header: event.Header{Source: "web", File: "00c5a0f1e2d3b4a5", End: 10}}
	b.SetString(event.Path, "/.env")
	b.EndRow()
	if sequence, err := l.Publish(ctx, b, 7); err != nil || sequence != 8 || r.publisher.rows != 1 {
		t.Errorf("got %d, %v", sequence, err)
	}
	for _, cause := range []error{ingest.ErrFenced, ingest.ErrFull, ingest.ErrTooLarge} {
		r.publisher.err = cause
		if _, err := l.Publish(ctx, b, 7); !errors.Is(err, cause) {
			t.Errorf("got %v, want %v", err, cause)
		}
	}
}

func TestAgentsLinkKnowsThatItIsRefused(t *testing.T) {
	r := run(t)
	l := r.link("wrong")
	if err := l.Follow(t.Context(), &holder{replica: block.NewReplica()}); !errors.Is(err, httplink.ErrRefused) {
		t.Errorf("got %v, want %v", err, httplink.ErrRefused)
	}
}
