package respond

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

var errAway = errors.New("the bus is away")

// fakeBus is everything that is durable, in memory. It survives the services
// that use it.
type fakeBus struct {
	mu       sync.Mutex
	revision uint64
	blocks   map[string]block.Block
	puts     int
	rows     map[Table]map[string]json.RawMessage // by what makes a row one in the store
	messages int                                  // in which they came
	saves    map[string][]byte
	alerts   map[string]Alert // by labels, as Alertmanager has them
	posts    [][]Alert
	withdraw []string
	// budget of operations until everything fails; negative = endless
	operations int
	deaf       bool // Replace is done, and fails
}

func newFakeBus() *fakeBus {
	return &fakeBus{
		blocks: map[string]block.Block{}, rows: map[Table]map[string]json.RawMessage{}, saves: map[string][]byte{},
		alerts: map[string]Alert{}, operations: -1,
	}
}

// spend takes one durable operation off the budget.
func (f *fakeBus) spend() error {
	if f.operations == 0 {
		return errAway
	}
	if f.operations > 0 {
		f.operations--
	}
	return nil
}

func (f *fakeBus) allow(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.operations = n
}

// deafen has Replace be done without a word of it, or not.
func (f *fakeBus) deafen(deaf bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.deaf = deaf
}

func (f *fakeBus) Put(_ context.Context, b block.Block) (block.Block, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.spend(); err != nil {
		return b, err
	}
	if held, ok := f.blocks[b.Key()]; ok && time.Now().Before(held.ExpiresAt()) {
		return held, fmt.Errorf("put: %w", ErrExists)
	}
	return f.store(b), nil
}

func (f *fakeBus) PutAll(ctx context.Context, blocks []block.Block) []PutOutcome {
	outcomes := make([]PutOutcome, len(blocks))
	for i := range blocks {
		outcomes[i].Block, outcomes[i].Err = f.Put(ctx, blocks[i])
	}
	return outcomes
}

func (f *fakeBus) store(b block.Block) block.Block {
	f.revision++
	f.puts++
	b.Revision = f.revision
	f.blocks[b.Key()] = b
	return b
}

func (f *fakeBus) Replace(_ context.Context, old, b block.Block) (block.Block, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.spend(); err != nil {
		return b, err
	}
	if f.blocks[old.Key()].Revision != old.Revision {
		return b, fmt.Errorf("replace: %w", ErrExists)
	}
	if f.deaf {
		f.store(b)
		return b, errAway
	}
	return f.store(b), nil
}

func (f *fakeBus) Remove(_ context.Context, b block.Block) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.spend(); err != nil {
		return err
	}
	if f.blocks[b.Key()].ID != b.ID {
		return fmt.Errorf("remove: %w", ErrNotFound)
	}
	delete(f.blocks, b.Key())
	return nil
}

func (f *fakeBus) ReplaceAll(ctx context.Context, list []Replacement) []PutOutcome {
	outcomes := make([]PutOutcome, len(list))
	for i, r := range list {
		outcomes[i].Block, outcomes[i].Err = f.Replace(ctx, r.Old, r.New)
	}
	return outcomes
}

func (f *fakeBus) RemoveAll(ctx context.Context, blocks []block.Block) []error {
	failures := make([]error, len(blocks))
	for i, b := range blocks {
		failures[i] = f.Remove(ctx, b)
	}
	return failures
}

func (f *fakeBus) Get(segment string, t block.Target) (block.Block, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b, ok := f.blocks[(&block.Block{Segment: segment, Target: t}).Key()]
	return b, ok && time.Now().Before(b.ExpiresAt())
}

func (f *fakeBus) List() []block.Block {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := slices.SortedFunc(maps.Values(f.blocks), func(a, b block.Block) int { return cmp.Compare(a.Key(), b.Key()) })
	return slices.DeleteFunc(list, func(b block.Block) bool { return !time.Now().Before(b.ExpiresAt()) })
}

func (f *fakeBus) Record(_ context.Context, t Table, _ string, rows ...any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.spend(); err != nil {
		return err
	}
	f.messages++
	for _, row := range rows {
		data, err := json.Marshal(row)
		if err != nil {
			return err
		}
		var key struct{ ID, Sighting, At string }
		if err := json.Unmarshal(data, &key); err != nil {
			return err
		}
		if f.rows[t] == nil {
			f.rows[t] = map[string]json.RawMessage{}
		}
		f.rows[t][key.ID+key.Sighting+key.At] = data
	}
	return nil
}

func (f *fakeBus) Save(_ context.Context, name string, data []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.spend(); err != nil {
		return err
	}
	f.saves[name] = slices.Clone(data)
	return nil
}

func (f *fakeBus) Load(_ context.Context, name string) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if data, ok := f.saves[name]; ok {
		return data, nil
	}
	return nil, ErrNotFound
}

func (f *fakeBus) Post(_ context.Context, alerts []Alert) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.posts = append(f.posts, alerts)
	for _, a := range alerts {
		key := fmt.Sprint(a.Labels)
		if a.EndsAt.IsZero() {
			f.alerts[key] = a
		} else {
			delete(f.alerts, key)
		}
	}
	return nil
}

func (f *fakeBus) Withdraw(_ context.Context, agent string, id block.ID) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.withdraw = append(f.withdraw, agent+" "+id.String())
	return nil
}

// forgetAlerts is a restart of Alertmanager.
func (f *fakeBus) forgetAlerts() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.alerts)
}

// saved gives what was saved last, nil for nothing.
func (f *fakeBus) saved(name string) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.saves[name]
}

// rewind puts an earlier checkpoint back, nil for none.
func (f *fakeBus) rewind(name string, data []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.saves, name)
	if data != nil {
		f.saves[name] = data
	}
}

// Confirm trusts everybody.
func (f *fakeBus) Confirm(claim finding.Finding) (finding.Finding, error) {
	if claim.Rule == "decoy.unknown" {
		return claim, errors.New("no such decoy")
	}
	return claim, nil
}

// events gives the block log in short, sorted: "added 192.0.2.7".
func (f *fakeBus) events() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var events []string
	for _, data := range f.rows[BlockLog] {
		var row blockRow
		if err := json.Unmarshal(data, &row); err != nil {
			events = append(events, err.Error())
		}
		events = append(events, row.Event+" "+row.Target)
	}
	slices.Sort(events)
	return events
}

// sent gives how many messages of rows and how many puts have come.
func (f *fakeBus) sent() (messages, puts int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.messages, f.puts
}

// posted gives every call to Alertmanager, in order.
func (f *fakeBus) posted() [][]Alert {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.posts)
}

// active gives the alerts that Alertmanager has.
func (f *fakeBus) active() []Alert {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Collect(maps.Values(f.alerts))
}

// ended gives the ends of alerts that were posted.
func (f *fakeBus) ended() []Alert {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.DeleteFunc(slices.Concat(f.posts...), func(a Alert) bool { return a.EndsAt.IsZero() })
}

func (f *fakeBus) count(t Table) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.rows[t])
}

// raised gives the tiers of the active alerts, by actor.
func (f *fakeBus) raised() map[string]string {
	raised := map[string]string{}
	for _, a := range f.active() {
		raised[a.Labels["actor"]] += a.Labels["tier"]
	}
	return raised
}

func options(f *fakeBus) Options {
	return Options{
		Blocks: f, Recorder: f, Checkpoints: f, Alerter: f, Withdrawer: f, Confirmer: f,
		Guard: NewGuard(GuardOptions{Allow: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}}),
		Log:   slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
}

// running is a service between start and stop.
type running struct {
	*Service
	after uint64
	stop  func()
}

// start runs a service on what is durable, until stop or the test's end.
func start(t *testing.T, f *fakeBus, change ...func(*Options)) *running {
	t.Helper()
	o := options(f)
	for _, c := range change {
		c(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	after, err := s.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		<-done
	})
	t.Cleanup(stop)
	return &running{s, after, stop}
}

// touchBy makes the finding of a decoy touch.
func touchBy(client, request string, at time.Time) finding.Finding {
	return finding.Finding{
		ID: finding.NewID("decoy", "env", request), Time: at, Rule: "decoy.env", RuleVersion: "1", Family: finding.Decoy,
		Tier: finding.Log, Score: 0.9, Actor: finding.ActorOf(netip.MustParseAddr(client)), Title: "Decoy touched: environment file",
		Reason: "GET /.env", Sighting: finding.Sighting{Via: finding.ViaAccess, Record: "f1-" + request, Path: "/.env", RequestID: request},
		Wanted: finding.Wanted{LifetimeSeconds: 4 * 3600},
	}
}

func found(findings ...finding.Finding) func() Input {
	return func() Input { return Input{Findings: findings} }
}
