package bouncer

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// shaky is our API on a bad day: now and then an answer is lost on its way, and
// now and then the service begins anew and knows no bouncer.
type shaky struct {
	feed    *feed
	handler atomic.Pointer[Handler]
	asked   atomic.Int64
}

func (s *shaky) begin(t *testing.T) {
	t.Helper()
	h, err := New(Options{
		Feed: s.feed, Now: func() time.Time { return clock }, Log: slog.New(slog.DiscardHandler),
		Ended: func() []block.Block { s.feed.mu.Lock(); defer s.feed.mu.Unlock(); return slices.Clone(s.feed.ended) },
		Authenticate: func(string, netip.Addr) (Bouncer, bool) {
			return Bouncer{Name: "edge", Holds: func(string) bool { return true }}, true
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.handler.Store(h)
}

func (s *shaky) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.asked.Add(1)%7 == 0 {
		s.handler.Load().ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler) // it was answered, and nothing came
	}
	s.handler.Load().ServeHTTP(w, r)
}

// poller is a bouncer in stream mode: it asks for everything once, and keeps
// what it has when an answer is lost.
type poller struct {
	client *http.Client
	has    map[string]bool
	begun  bool
}

func (p *poller) poll(t *testing.T, url string, dice *rand.Rand) (ok bool) {
	if dice.IntN(5) == 0 {
		p.client.CloseIdleConnections()
	}
	if !p.begun {
		url += "?startup=true"
	}
	resp, err := p.client.Get(url)
	if err != nil {
		return false
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return false
	}
	var stream streamJSON
	if err := json.Unmarshal(data, &stream); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("%s: %v", resp.Status, err)
		return false
	}
	p.begun = true
	for _, d := range stream.Deleted {
		delete(p.has, d.Value)
	}
	for _, d := range stream.New {
		p.has[d.Value] = true
	}
	return true
}

// TestNothingIsMissedAndNothingStays: 20,000 blocks in batches, a third of them
// ended again, while bouncers of one key and address poll, lose answers and
// connect anew, with a service that begins anew again and again, and with one
// that began long ago.
func TestNothingIsMissedAndNothingStays(t *testing.T) {
	t.Run("begins anew", func(t *testing.T) { nothingIsMissed(t, 0) })
	t.Run("began long ago", func(t *testing.T) { nothingIsMissed(t, 2*stays) })
}

func nothingIsMissed(t *testing.T, runsSince time.Duration) {
	s := &shaky{feed: newFeed()}
	s.begin(t)
	s.handler.Load().clients.crowded = clock.Add(-runsSince)
	server := httptest.NewUnstartedServer(s)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.Config.ConnContext = NameConnections()
	server.Start()
	t.Cleanup(server.Close)
	url := server.URL + "/v1/decisions/stream"
	var writing atomic.Int64
	var writers, pollers sync.WaitGroup
	for w := range 4 {
		writing.Add(1)
		writers.Go(func() {
			defer writing.Add(-1)
			for batch := range 10 {
				blocks := make([]block.Block, 500)
				for i := range blocks {
					blocks[i] = on(t, fmt.Sprintf("10.%d.%d.%d", w, batch<<1|i>>8, i&255), block.ID(w<<20|batch<<10|i+1))
				}
				s.feed.put(blocks...)
				for _, b := range blocks[:len(blocks)/3] {
					s.feed.remove(b)
				}
				if w == 0 && batch%3 == 1 && runsSince == 0 {
					s.begin(t)
				}
			}
		})
	}
	bouncers := make([]*poller, 4)
	for i := range bouncers {
		p := &poller{client: &http.Client{Transport: &http.Transport{}}, has: map[string]bool{}}
		bouncers[i] = p
		pollers.Go(func() {
			dice := rand.New(rand.NewPCG(uint64(i), 7))
			for writing.Load() > 0 {
				p.poll(t, url, dice)
			}
			for done := 0; done < 3; { // whatever was lost comes again
				if p.poll(t, url, dice) {
					done++
				}
			}
			p.client.CloseIdleConnections()
		})
	}
	writers.Wait()
	pollers.Wait()
	for i, p := range bouncers {
		missing := 0
		for _, b := range s.feed.held {
			if !p.has[b.Target.String()] {
				missing++
			}
		}
		if missing > 0 || len(p.has) != len(s.feed.held) {
			t.Errorf("bouncer %d: %d missing, %d of %d held", i, missing, len(p.has), len(s.feed.held))
		}
	}
}
