package endtoend

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// foreign is the path of a program that make foreign builds.
func (p *play) foreign(name string) string {
	p.Helper()
	path, err := filepath.Abs("../../.cache/foreign/" + name)
	p.must(err)
	if _, err := os.Stat(path); err != nil {
		p.Fatalf("%v (build it: make foreign)", err)
	}
	return path
}

// decision is what bouncers get, as far as these tests look.
type decision struct {
	Scope, Value, Type, Duration string
}

// bouncerStage is a service with an address where bouncers ask.
type bouncerStage struct {
	*play
	url string
	key string
}

func newBouncerStage(t *testing.T) *bouncerStage {
	t.Helper()
	s := newStage(t)
	address, err := s.Address()
	if err != nil {
		t.Fatal(err)
	}
	p := &play{T: t, Stage: s}
	p.backend, err = s.Backend()
	p.must(err)
	p.service, err = s.Service(p.deadline(), stage.Settings{"api.bouncer_listen": address})
	p.must(err)
	b := &bouncerStage{play: p, url: "http://" + address}
	key, err := p.service.Tool(p.deadline(), "tokens", "add", "edge", "--role", "bouncer", "--segment", "shop")
	p.must(err)
	b.key = strings.TrimSpace(key)
	p.must(p.service.Reload())
	p.eventually("the service knows the bouncer's key", func(ctx context.Context) error {
		_, err := b.live(ctx, customer)
		return err
	})
	return b
}

// live asks about addresses with CrowdSec's own client for single questions.
func (b *bouncerStage) live(ctx context.Context, addresses ...string) (answers [][]decision, err error) {
	cmd := exec.CommandContext(ctx, b.foreign("csbouncer"), "live", b.url, b.key)
	cmd.Stdin = strings.NewReader(strings.Join(addresses, "\n"))
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("csbouncer: %w: %s", err, complaints.String())
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var answer []decision
		if err := d.Decode(&answer); err == io.EOF {
			return answers, nil
		} else if err != nil {
			return nil, fmt.Errorf("csbouncer: %w", err)
		}
		answers = append(answers, answer)
	}
}

// follower is CrowdSec's own client for streams, with what it was told.
type follower struct {
	mu   sync.Mutex
	has  map[string]decision // by scope and value
	gone map[string]bool     // what was deleted once
}

// follow starts a client that polls until the test ends.
func (b *bouncerStage) follow() *follower {
	b.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, b.foreign("csbouncer"), "stream", b.url, b.key)
	out, err := cmd.StdoutPipe()
	b.must(err)
	b.must(cmd.Start())
	f := &follower{has: map[string]decision{}, gone: map[string]bool{}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.read(json.NewDecoder(out))
	}()
	b.Cleanup(func() {
		cancel()
		<-done
		_ = cmd.Wait() // it was killed
	})
	return f
}

func (f *follower) read(d *json.Decoder) {
	for {
		var answer struct{ New, Deleted []decision }
		if d.Decode(&answer) != nil {
			return // the client has ended; whoever waits for it says what is missing
		}
		f.take(answer.New, answer.Deleted)
	}
}

func (f *follower) take(added, deleted []decision) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, d := range deleted {
		delete(f.has, d.Scope+" "+d.Value)
		f.gone[d.Scope+" "+d.Value] = true
	}
	for _, d := range added {
		f.has[d.Scope+" "+d.Value] = d
	}
}

// holds tells whether the client holds exactly these.
func (f *follower) holds(want map[string]bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	missing := 0
	for value := range want {
		if _, ok := f.has[value]; !ok {
			missing++
		}
	}
	if missing > 0 || len(f.has) != len(want) {
		return fmt.Errorf("it holds %d decisions of %d, %d are missing", len(f.has), len(want), missing)
	}
	return nil
}

func (f *follower) lost(value string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, has := f.has[value]
	return f.gone[value] && !has
}

// caddy starts a real Caddy with CrowdSec's bouncer in it.
func (b *bouncerStage) caddy() *stage.Gateway {
	b.Helper()
	address, err := b.Address()
	b.must(err)
	config := fmt.Sprintf(`{
	admin off
	auto_https off
	persist_config off
	servers {
		trusted_proxies static 127.0.0.0/8
		client_ip_headers X-Stage-Client
	}
	crowdsec {
		api_url %s
		api_key %s
		ticker_interval 1s
	}
}
http://%s {
	route {
		crowdsec
		reverse_proxy %s
	}
}
`, b.url, b.key, address, b.backend.Address)
	_, err = b.Server(b.deadline(), "crowdsec-caddy", address, config, b.foreign("caddy"), "run", "--adapter", "caddyfile", "--config")
	b.must(err)
	return &stage.Gateway{Name: "crowdsec-caddy", URL: "http://" + address}
}

// TestBouncers: CrowdSec's own clients, unchanged, enforce our blocks.
func TestBouncers(t *testing.T) {
	t.Parallel()
	b := newBouncerStage(t)
	b.block("203.0.113.128/30", time.Hour)
	f, caddy := b.follow(), b.caddy()
	v, other := b.visitor(attacker), b.visitor(customer)
	b.turns(b.visitor("203.0.113.129"), caddy, "/shop", http.StatusForbidden) // from before its start
	b.get(v, caddy, "/shop", http.StatusOK)

	id := b.block(attacker, time.Hour)
	b.turns(v, caddy, "/shop", http.StatusForbidden)
	b.get(other, caddy, "/shop", http.StatusOK)
	answers, err := b.live(b.deadline(), attacker, customer, "203.0.113.130")
	b.must(err)
	if len(answers) != 3 || len(answers[0]) != 1 || answers[0][0].Type != "ban" || len(answers[1]) != 0 || len(answers[2]) != 1 || answers[2][0].Value != "203.0.113.128/30" {
		t.Errorf("asked one by one: %+v", answers)
	}
	_, err = b.service.API.RemoveBlock(b.deadline(), id, "ours")
	b.must(err)
	b.turns(v, caddy, "/shop", http.StatusOK)
	b.eventually("the stream tells of the end", func(context.Context) error {
		if !f.lost("Ip " + attacker) {
			return fmt.Errorf("it holds still")
		}
		return nil
	})

	b.brief(v, 3*time.Second, caddy)
	b.turns(v, caddy, "/shop", http.StatusOK) // its time is up
	b.listed()
}

// listed: an operator sees who fetches, and what they say that they did.
func (b *bouncerStage) listed() {
	b.Helper()
	text, err := b.service.Tool(b.deadline(), "bouncers", "list", "--json")
	b.must(err)
	for _, want := range []string{`"name": "edge"`, `"agent": "honeymoat-test/v0.0.14"`, `"agent": "caddy-cs-bouncer/`} {
		if !strings.Contains(text, want) {
			b.Errorf("the list of bouncers lacks %s: %s", want, text)
		}
	}
}

// The race: so many blocks, in batches of so many, by so many at once.
const (
	raceBlocks  = 20_000
	raceBatch   = 1_000
	raceWriters = 4
)

// TestBouncersMissNothing: what is written while bouncers poll reaches them
// all, and what is undone leaves them, also when the service is restarted
// halfway. CrowdSec's own server loses hundreds of so many decisions.
func TestBouncersMissNothing(t *testing.T) {
	t.Parallel()
	b := newBouncerStage(t)
	followers := []*follower{b.follow(), b.follow()} // one key and address for both
	const half = raceBlocks / raceBatch / 2
	want := b.race(0, half, nil)
	b.must(b.service.Restart(b.deadline()))
	want = b.race(half, 2*half, want)
	for n, f := range followers {
		b.eventually(fmt.Sprintf("follower %d holds all", n), func(context.Context) error { return f.holds(want) })
	}
}

// race makes batches, several at once, and undoes some of them. It adds to what
// bouncers are to hold then.
func (b *bouncerStage) race(from, to int, want map[string]bool) map[string]bool {
	batches := make(chan int, to-from)
	for n := from; n < to; n++ {
		batches <- n
	}
	close(batches)
	all, undone := map[string]bool{}, map[int]bool{0: true, 7: true, 13: true}
	maps.Copy(all, want)
	var mu sync.Mutex
	var writers sync.WaitGroup
	for range raceWriters {
		writers.Go(func() {
			for n := range batches {
				values := b.bulk(n, undone[n])
				mu.Lock()
				for _, v := range values {
					all["Ip "+v] = true
				}
				mu.Unlock()
			}
		})
	}
	writers.Wait()
	return all
}

// bulk blocks the addresses of a batch, and gives those that stay.
func (b *bouncerStage) bulk(n int, undo bool) []string {
	request := wire.BulkRequest{BlockSpec: wire.BlockSpec{LifetimeSeconds: 3600, Reason: "race"}}
	var values []string
	for i := range raceBatch {
		values = append(values, fmt.Sprintf("100.%d.%d.%d", 64+n, i>>8, i&255))
		target, err := wire.ParseCriteria(values[i])
		if err != nil {
			b.Error(err)
		}
		request.Items = append(request.Items, wire.BulkItem{Target: target})
	}
	result, err := b.service.API.AddBlocks(b.deadline(), request, client.Call{})
	if err != nil || result.Counts[wire.OutcomeMade] != raceBatch {
		b.Errorf("batch %d: %v, %v", n, result.Counts, err)
	}
	if !undo {
		return values
	}
	if _, err := b.service.API.UndoBatch(b.deadline(), result.Batch, "undone"); err != nil {
		b.Errorf("undo batch %d: %v", n, err)
	}
	return nil
}
