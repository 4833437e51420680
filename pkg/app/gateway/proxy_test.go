package gateway

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// proxy passes connections from one socket to another and counts them.
func proxy(t testing.TB, front, back string, opened *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("unix", front)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	conns := make(chan net.Conn, 1024)
	wg.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			opened.Add(1)
			out, err := net.Dial("unix", back)
			if err != nil {
				t.Error(err)
				_ = in.Close()
				continue
			}
			conns <- in
			conns <- out
			wg.Go(func() { _, _ = io.Copy(in, out) })
			wg.Go(func() { _, _ = io.Copy(out, in) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		for {
			select {
			case c := <-conns:
				_ = c.Close()
				continue
			default:
			}
			break
		}
		wg.Wait()
	})
}
