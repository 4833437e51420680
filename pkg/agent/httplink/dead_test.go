package httplink

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// tunnel carries connections to a server. Those of before swallow stay open
// and carry nothing any more, as when a firewall forgets them.
type tunnel struct {
	net.Listener
	backend string
	wg      sync.WaitGroup

	mu    sync.Mutex
	dead  *atomic.Bool // of the connections that are made now
	conns []net.Conn
}

func newTunnel(t *testing.T, backend string) *tunnel {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &tunnel{Listener: l, backend: backend, dead: new(atomic.Bool)}
	n.wg.Go(n.accept)
	t.Cleanup(func() {
		_ = l.Close()
		n.mu.Lock()
		for _, c := range n.conns {
			_ = c.Close()
		}
		n.mu.Unlock()
		n.wg.Wait()
	})
	return n
}

func (n *tunnel) accept() {
	for {
		near, err := n.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", n.backend)
		if err != nil {
			_ = near.Close()
			continue
		}
		n.mu.Lock()
		dead := n.dead
		n.conns = append(n.conns, near, far)
		n.mu.Unlock()
		n.wg.Go(func() { carry(far, near, dead) })
		n.wg.Go(func() { carry(near, far, dead) })
	}
}

func carry(to io.WriteCloser, from io.Reader, dead *atomic.Bool) {
	defer to.Close()
	buf := make([]byte, 32<<10)
	for {
		k, err := from.Read(buf)
		if err != nil {
			return
		}
		if dead.Load() {
			continue
		}
		if _, err := to.Write(buf[:k]); err != nil {
			return
		}
	}
}

func (n *tunnel) swallow() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dead.Store(true)
	n.dead = new(atomic.Bool)
}

// A connection that died without a word must not be used for the next stream.
func TestDeadConnectionIsReplaced(t *testing.T) {
	s := newFront(t, func(s *httptest.Server) { s.EnableHTTP2 = true })
	s.mux.HandleFunc("GET /api/v1/agent/stream", func(w http.ResponseWriter, r *http.Request) {
		sse(w, block.EventHello, block.Hello{Segments: []string{block.All}})
		<-r.Context().Done()
	})
	n := newTunnel(t, s.Listener.Addr().String())
	s.URL = "https://" + n.Addr().String()
	l := s.link(t, "secret")
	l.transport.HTTP2.SendPingTimeout, l.transport.HTTP2.PingTimeout = 100*time.Millisecond, 100*time.Millisecond
	f := newFollower()
	follow(t, l, f)
	f.await(t, "linked", 1)
	n.swallow()
	f.await(t, "linked", 2)
}
