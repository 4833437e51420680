package alertingtest

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

// AlertsOf gives the alerts that respond makes of findings, which come in this
// order: what is active after the last of them, ordered by tier, the most
// urgent first, and actor. So templates are tested with what they will get.
func AlertsOf(tb testing.TB, findings ...finding.Finding) []respond.Alert {
	tb.Helper()
	w := &world{blocks: map[string]block.Block{}, saved: map[string][]byte{}, active: map[string]respond.Alert{}}
	s, err := respond.New(respond.Options{
		Blocks: w, Recorder: w, Checkpoints: w, Alerter: w,
		Guard: respond.NewGuard(respond.GuardOptions{}), Log: slog.New(slog.DiscardHandler),
		Links: respond.Links{Console: "https://moat.example.org", Dashboard: "https://grafana.example.org/d/actor?orgId=1"},
	})
	if err != nil {
		tb.Fatalf("make the responder: %v", err)
	}
	if _, err := s.Load(tb.Context()); err != nil {
		tb.Fatalf("load the responder: %v", err)
	}
	ctx, cancel := context.WithCancel(tb.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	for i := range findings {
		if err := s.Found(ctx, findings[i:i+1]); err != nil {
			tb.Errorf("take finding %s: %v", findings[i].Rule, err)
		}
	}
	alerts := w.alerts()
	cancel()
	if err := <-done; err != nil {
		tb.Errorf("stop the responder: %v", err)
	}
	return alerts
}

// world is everything around a responder, in memory.
type world struct {
	mu     sync.Mutex
	blocks map[string]block.Block
	saved  map[string][]byte
	active map[string]respond.Alert
}

func (w *world) alerts() []respond.Alert {
	w.mu.Lock()
	defer w.mu.Unlock()
	alerts := slices.Collect(maps.Values(w.active))
	slices.SortFunc(alerts, func(a, b respond.Alert) int {
		return strings.Compare(order(a), order(b))
	})
	return alerts
}

func order(a respond.Alert) string {
	tier, err := finding.ParseTier(a.Labels["tier"])
	if err != nil {
		tier = finding.Log
	}
	return string('9'-byte(tier)) + a.Labels["actor"]
}

// Post implements respond.Alerter.
func (w *world) Post(_ context.Context, alerts []respond.Alert) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, a := range alerts {
		var key strings.Builder
		for _, name := range slices.Sorted(maps.Keys(a.Labels)) {
			key.WriteString(name + "\x00" + a.Labels[name] + "\x00")
		}
		if a.EndsAt.IsZero() {
			w.active[key.String()] = a
		} else {
			delete(w.active, key.String())
		}
	}
	return nil
}

// Put implements respond.Blocks.
func (w *world) Put(_ context.Context, b block.Block) (block.Block, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if held, ok := w.blocks[b.Key()]; ok {
		return held, respond.ErrExists
	}
	b.Revision = uint64(len(w.blocks) + 1)
	w.blocks[b.Key()] = b
	return b, nil
}

// PutAll implements respond.Blocks.
func (w *world) PutAll(ctx context.Context, blocks []block.Block) []respond.PutOutcome {
	outcomes := make([]respond.PutOutcome, len(blocks))
	for i := range blocks {
		outcomes[i].Block, outcomes[i].Err = w.Put(ctx, blocks[i])
	}
	return outcomes
}

// Replace implements respond.Blocks.
func (w *world) Replace(_ context.Context, _, b block.Block) (block.Block, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.blocks[b.Key()] = b
	return b, nil
}

// ReplaceAll implements respond.Blocks.
func (w *world) ReplaceAll(ctx context.Context, list []respond.Replacement) []respond.PutOutcome {
	outcomes := make([]respond.PutOutcome, len(list))
	for i, r := range list {
		outcomes[i].Block, outcomes[i].Err = w.Replace(ctx, r.Old, r.New)
	}
	return outcomes
}

// Remove implements respond.Blocks.
func (w *world) Remove(_ context.Context, b block.Block) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.blocks, b.Key())
	return nil
}

// RemoveAll implements respond.Blocks.
func (w *world) RemoveAll(ctx context.Context, blocks []block.Block) []error {
	failures := make([]error, len(blocks))
	for i, b := range blocks {
		failures[i] = w.Remove(ctx, b)
	}
	return failures
}

// Get implements respond.Blocks.
func (w *world) Get(segment string, t block.Target) (block.Block, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	b, ok := w.blocks[(&block.Block{Segment: segment, Target: t}).Key()]
	return b, ok
}

// List implements respond.Blocks.
func (w *world) List() []block.Block {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.SortedFunc(maps.Values(w.blocks), func(a, b block.Block) int { return strings.Compare(a.Key(), b.Key()) })
}

// Record implements respond.Recorder.
func (w *world) Record(context.Context, respond.Table, string, ...any) error { return nil }

// Save implements respond.Checkpoints.
func (w *world) Save(_ context.Context, name string, data []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.saved[name] = slices.Clone(data)
	return nil
}

// Load implements respond.Checkpoints.
func (w *world) Load(_ context.Context, name string) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if data, ok := w.saved[name]; ok {
		return data, nil
	}
	return nil, respond.ErrNotFound
}

// Client-chosen text as nasty as it comes: markup of all receivers, links,
// mentions, line breaks, characters that turn the direction of reading.
const Nasty = "<script>alert(1)</script> <!channel> <@U1> *bold* `code` [here](https://evil.example.net/a) & {{ .Labels }}\u202Egnp\nDone: no block\r\n## heading"

// ScannerTouch is the finding of a passing scanner at a decoy: log, with a block.
func ScannerTouch(client, path string) finding.Finding {
	now := time.Now()
	return finding.Finding{
		ID: finding.NewID("scanner", client, path), Time: now, Rule: "decoy.env-file", RuleVersion: "1", Family: finding.Decoy, Tier: finding.Log, Score: 0.9,
		Actor: finding.Actor{Kind: finding.Address, Value: client}, Title: "Decoy touched: environment file", Reason: "GET " + finding.Clip(path, finding.MaxPath),
		Sighting: finding.Sighting{Via: finding.ViaAccess, Record: "r-" + client, Method: "GET", Path: path, Gateway: "edge"}.Bounded(),
		Wanted:   finding.Wanted{LifetimeSeconds: 4 * 3600},
	}
}

// HoneytokenUse is the finding of a breach: page.
func HoneytokenUse(user string) finding.Finding {
	return finding.Finding{
		ID: finding.NewID("honeytoken", user), Time: time.Now(), Rule: "decoy.honeytoken", RuleVersion: "1", Family: finding.Decoy, Tier: finding.Page, Score: 1,
		Actor: finding.Actor{Kind: finding.User, Value: user}, Title: "Honeytoken used: API key of the environment file",
		Reason: "GET /orders with the key that only the decoy gives", API: "shop", Owner: "payments",
		Sighting: finding.Sighting{Via: finding.ViaAccess, Record: "r-" + user, Method: "GET", Path: "/orders", Gateway: "edge", Status: 200},
	}
}

// ErrorsOf is a statistical finding about a route: what it suggests is notify.
func ErrorsOf(route, api, owner string) finding.Finding {
	now := time.Now()
	return finding.Finding{
		ID: finding.NewID("errors", route), Time: now, Rule: "baseline.glitch", RuleVersion: "1", Family: finding.Errors, Tier: finding.Notify, Score: 0.97,
		Actor: finding.Actor{Kind: finding.Route, Value: route}, Title: "Errors on " + route,
		Reason: "server errors of " + route + ": 38 % where 0 % to 2 % are ordinary", API: api, Owner: owner,
		Statistic: &finding.Statistic{
			Shape: finding.Glitch, Series: "server errors of " + route, Unit: "%", Expected: 0.5, Lower: 0, Upper: 2, Seen: 38,
			Since: now.Add(-7 * time.Minute), Probability: 2e-6, Parts: []finding.Part{{Kind: "network", Value: "AS64500", Share: 0.83}},
		},
	}
}

// SilenceOf is the statistical finding that a gateway has fallen silent.
func SilenceOf(gateway string) finding.Finding {
	now := time.Now()
	return finding.Finding{
		ID: finding.NewID("silence", gateway), Time: now, Rule: "baseline.silent", RuleVersion: "1", Family: finding.Silence, Tier: finding.Notify, Score: 0.99,
		Actor: finding.Actor{Kind: finding.Gateway, Value: gateway}, Title: "No requests at " + gateway,
		Reason: "no requests where 400 to 900 a minute are ordinary", Sighting: finding.Sighting{Gateway: gateway},
		Statistic: &finding.Statistic{
			Shape: finding.Silent, Series: "requests of " + gateway, Unit: "1/min", Expected: 650, Lower: 400, Upper: 900, Since: now.Add(-5 * time.Minute), Probability: 1e-9,
		},
	}
}
