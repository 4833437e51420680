package httpapi

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/auth"
	"github.com/honeymoat/honeymoat/pkg/block"
)

// eventually polls until ok, and fails the test after a while.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
		<-tick.C
	}
}

// listen opens the stream on a server with TLS.
func (w *world) listen(ctx context.Context, base *httptest.Server, have string) *http.Response {
	w.t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, base.URL+"/api/v1/agent/stream?have="+have, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+auth.AgentBearer("gw-1", agentSecret))
	resp, err := base.Client().Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = resp.Body.Close() })
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
		w.t.Fatalf("got %s of %s", resp.Status, resp.Header.Get("Content-Type"))
	}
	return resp
}

func (w *world) serve(http2 bool) *httptest.Server {
	server := httptest.NewUnstartedServer(w.engine)
	server.EnableHTTP2 = http2
	server.StartTLS()
	w.t.Cleanup(server.Close)
	return server
}

// follower feeds a replica from a stream, as an agent does.
type follower struct {
	replica   *block.Replica
	segments  []string
	withdrawn []block.ID
	beats     int
}

// read takes events until one is called last, or the stream ends.
func (f *follower) read(in *bufio.Reader, last string) error {
	name := ""
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return err
		}
		line = strings.TrimSuffix(line, "\n")
		if v, ok := strings.CutPrefix(line, "event: "); ok {
			name = v
		}
		if v, ok := strings.CutPrefix(line, "data: "); ok {
			if err := f.take(name, []byte(v)); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		if line == "" && name == last {
			return nil
		}
	}
}

func (f *follower) take(name string, data []byte) error {
	switch name {
	case block.EventHello:
		return taking(data, func(h block.Hello) error { f.segments = h.Segments; return nil })
	case block.EventSnapshot:
		return taking(data, func(s block.SegmentSnapshot) error {
			set, err := block.ReadSnapshot(s.Data, 0, 0)
			if err == nil {
				f.replica.Load(s.Segment, set, 0)
			}
			return err
		})
	case block.EventDelta:
		return taking(data, func(d block.SegmentDelta) error { f.replica.Apply(d.Segment, d.Delta, 0); return nil })
	case block.EventHeartbeat:
		return taking(data, func(h block.SegmentHeartbeat) error {
			f.beats++
			if f.replica.Heartbeat(h.Segment, h.Version) {
				return errors.New("stale")
			}
			return nil
		})
	case block.EventWithdraw:
		return taking(data, func(w block.Withdrawal) error { f.withdrawn = append(f.withdrawn, w.ID); return nil })
	}
	return errors.New("unknown event")
}

func taking[T any](data []byte, f func(T) error) error {
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	return f(v)
}

func TestStreamKeepsAReplicaEqual(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		t.Run(fmt.Sprintf("http2=%v", http2), func(t *testing.T) {
			var original *block.Set
			for n := range 3 {
				b := exampleBlock(n + 1)
				original = original.Apply(block.DeltaOf(&b, noon), 0)
			}
			late := exampleBlock(4)
			w := newWorld(t)
			w.feed.set(func(ctx context.Context, name string, have map[string]block.Version, f block.Follower) error {
				if name != "gw-1" || have[block.All].Revision != 2 {
					return fmt.Errorf("asked for %s, %v", name, have)
				}
				f.Linked([]string{block.All, "shop"})
				f.Expect(block.All)
				if err := f.Load(block.All, block.AppendSnapshot(nil, original, 0)); err != nil {
					return err
				}
				d := block.DeltaOf(&late, noon)
				f.Apply(block.All, d)
				f.Apply(block.All, block.Delta{Revision: 5, Target: exampleBlock(1).Target, Removed: true})
				after := original.Apply(d, 0).Apply(block.Delta{Revision: 5, Target: exampleBlock(1).Target, Removed: true}, 0)
				if f.Heartbeat(block.All, after.Version()) {
					return errors.New("a stream is never stale")
				}
				f.Withdraw(late.ID)
				<-ctx.Done()
				return nil
			})
			server := w.serve(http2)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			resp := w.listen(ctx, server, "all:2:0000000000000001:2")
			if got := resp.ProtoMajor; (got == 2) != http2 {
				t.Errorf("got HTTP/%d", got)
			}
			f := &follower{replica: block.NewReplica()}
			if err := f.read(bufio.NewReader(resp.Body), block.EventWithdraw); err != nil {
				t.Fatal(err)
			}
			if len(f.segments) != 2 || f.beats != 1 || len(f.withdrawn) != 1 || f.withdrawn[0] != late.ID {
				t.Errorf("got %+v", f)
			}
			for n, want := range map[byte]bool{1: false, 2: true, 3: true, 4: true, 5: false} {
				if got := f.replica.Decide(&block.Request{Client: netip.AddrFrom4([4]byte{192, 0, 2, n})}, 0).Denied(); got != want {
					t.Errorf("192.0.2.%d: denied %v, want %v", n, got, want)
				}
			}
			cancel()
			eventually(t, "the stream ends when its reader goes", func() bool { return strings.Contains(w.log.String(), "route=/api/v1/agent/stream") })
		})
	}
}

func TestLargeSnapshotArrivesWhole(t *testing.T) {
	var b block.Builder
	for n := range 50_000 {
		addr := netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})
		b.Add(block.Delta{Revision: uint64(n + 1), Target: block.AddressTarget(addr), ID: block.ID(n + 1), Left: time.Hour}, 0)
	}
	set := b.Set(0)
	snapshot := block.AppendSnapshot(nil, set, 0)
	w := newWorld(t)
	w.feed.set(func(_ context.Context, _ string, _ map[string]block.Version, f block.Follower) error {
		return f.Load(block.All, snapshot)
	})
	f := &follower{replica: block.NewReplica()}
	resp := w.listen(t.Context(), w.serve(false), "")
	if err := f.read(bufio.NewReader(resp.Body), "the end"); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	if got := f.replica.Versions()[block.All]; got != set.Version() {
		t.Errorf("got %+v, want %+v", got, set.Version())
	}
}

func TestSlowReaderIsCutOff(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.SlowReader = 50 * time.Millisecond })
	ended := make(chan struct{})
	w.feed.set(func(ctx context.Context, _ string, _ map[string]block.Version, f block.Follower) error {
		snapshot := bytes.Repeat([]byte("x"), 1<<20)
		for ctx.Err() == nil {
			_ = f.Load(block.All, snapshot)
		}
		close(ended)
		return ctx.Err()
	})
	w.listen(t.Context(), w.serve(false), "") // and read nothing
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Fatal("the slow reader holds the feed for ever")
	}
	eventually(t, "the cut is counted", func() bool {
		return strings.Contains(w.get("/metrics", viewerToken).Body.String(), "honeymoat_api_streams_cut_total 1")
	})
}

func TestStreamEndsWhenTheBusIsAway(t *testing.T) {
	w := newWorld(t)
	w.feed.set(func(ctx context.Context, _ string, _ map[string]block.Version, f block.Follower) error {
		f.Linked([]string{block.All})
		f.Lost(errAway)
		<-ctx.Done()
		return ctx.Err()
	})
	resp := w.listen(t.Context(), w.serve(false), "")
	f := &follower{replica: block.NewReplica()}
	if err := f.read(bufio.NewReader(resp.Body), "the end"); !errors.Is(err, io.EOF) {
		t.Errorf("got %v, want the end", err)
	}
}

func TestStreamRefusesNonsense(t *testing.T) {
	w := newWorld(t)
	w.problem(w.get("/api/v1/agent/stream?have=all", auth.AgentBearer("gw-1", agentSecret)), badParameters)
}
