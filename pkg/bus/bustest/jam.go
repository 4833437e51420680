package bustest

import (
	"io"
	"net"
	"sync"
	"testing"
)

// Jam is a link that can be jammed: a proxy in front of a server that then
// takes nothing more from it, as a stopped host does, and a link that is full.
type Jam struct {
	listener net.Listener
	target   string
	wg       sync.WaitGroup

	mu    sync.Mutex
	clear chan struct{} // closed while what comes is carried on
	conns []net.Conn
}

// What the proxy's host keeps of what was not carried on yet: the less, the
// sooner a link that is jammed is full.
const (
	jamBuffer   = 4 << 10
	clearBuffer = 1 << 20
)

// NewJam starts a proxy to an address. It ends with the test.
func NewJam(t testing.TB, target string) *Jam {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	j := &Jam{listener: listener, target: target, clear: make(chan struct{})}
	close(j.clear)
	j.wg.Go(j.accept)
	t.Cleanup(j.end)
	return j
}

// Address is where the proxy listens.
func (j *Jam) Address() string { return j.listener.Addr().String() }

// Stop has nothing more taken from the server, until Go.
func (j *Jam) Stop() {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, c := range j.conns {
		_ = c.(*net.TCPConn).SetReadBuffer(jamBuffer)
	}
	j.clear = make(chan struct{})
}

// Go ends what Stop began.
func (j *Jam) Go() {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, c := range j.conns {
		_ = c.(*net.TCPConn).SetReadBuffer(clearBuffer)
	}
	select {
	case <-j.clear:
	default:
		close(j.clear)
	}
}

func (j *Jam) end() {
	_ = j.listener.Close()
	j.Go()
	j.mu.Lock()
	for _, c := range j.conns {
		_ = c.Close()
	}
	j.mu.Unlock()
	j.wg.Wait()
}

func (j *Jam) accept() {
	for {
		near, err := j.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", j.target)
		if err != nil {
			_ = near.Close()
			continue
		}
		j.mu.Lock()
		j.conns = append(j.conns, near, far)
		j.mu.Unlock()
		j.wg.Go(func() { carry(far, near) })
		j.wg.Go(func() { carry(near, jammed{far, j}) })
	}
}

// carry copies one way until one end closes.
func carry(to io.WriteCloser, from io.ReadCloser) {
	_, _ = io.Copy(to, from)
	_, _ = to.Close(), from.Close()
}

// jammed is an end that is read only while the link is clear.
type jammed struct {
	io.ReadCloser
	by *Jam
}

// Read implements io.Reader.
func (r jammed) Read(p []byte) (int, error) {
	r.by.mu.Lock()
	clear := r.by.clear
	r.by.mu.Unlock()
	<-clear
	return r.ReadCloser.Read(p)
}
