package bustest

import (
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Lossy is a network that loses connections: a proxy in front of a server. A
// connection lives for a moment, or until it has carried some bytes, which
// may end within a message; what was on its way is lost.
type Lossy struct {
	listener net.Listener
	target   string
	calm     atomic.Bool
	lost     atomic.Int64
	wg       sync.WaitGroup
}

// Most that a connection carries, and how long it lives, while losses go on.
const (
	lossyBytes = 16 << 10
	lossyLife  = 150 * time.Millisecond
)

// NewLossy starts a proxy to an address. It ends with the test, when its
// connections have been closed at one end.
func NewLossy(t testing.TB, target string) *Lossy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &Lossy{listener: listener, target: target}
	l.wg.Go(l.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		l.wg.Wait()
	})
	return l
}

// Address is where the proxy listens.
func (l *Lossy) Address() string { return l.listener.Addr().String() }

// Calm ends the losses: connections from now on stay.
func (l *Lossy) Calm() { l.calm.Store(true) }

// Lost tells how many connections were lost.
func (l *Lossy) Lost() int { return int(l.lost.Load()) }

func (l *Lossy) accept() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", l.target)
		if err != nil {
			_ = near.Close()
			continue
		}
		l.wg.Go(func() { l.carry(near, far) })
	}
}

// carry copies both ways until one end closes or the connection is lost.
func (l *Lossy) carry(near, far net.Conn) {
	end := sync.OnceFunc(func() {
		_, _ = near.Close(), far.Close()
	})
	lose := func() {
		if !l.calm.Load() {
			l.lost.Add(1)
			end()
		}
	}
	timer := time.AfterFunc(rand.N(lossyLife), lose)
	defer timer.Stop()
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
		both.Go(func() {
			if _, err := io.CopyN(way[0], way[1], rand.Int64N(lossyBytes)); err == nil {
				lose()
			}
			_, _ = io.Copy(way[0], way[1])
			end()
		})
	}
	both.Wait()
}
