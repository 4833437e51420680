package ports

import (
	"net"
	"testing"
)

func TestOneMayListenAgainAndAgain(t *testing.T) {
	address := Free(t)
	for range 3 {
		if c, err := net.Dial("tcp", address); err == nil {
			t.Errorf("somebody answers: %v", c.Close())
		}
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}

// The kernel gives the port neither to who wants any, nor to the local end of
// a connection.
func TestNobodyElseGetsThePort(t *testing.T) {
	held := map[string]bool{}
	for range 200 {
		address := Free(t)
		if held[address] {
			t.Fatalf("%s was given twice", address)
		}
		held[address] = true
	}
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	for range 2000 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		c, err := net.Dial("tcp", server.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if held[l.Addr().String()] || held[c.LocalAddr().String()] {
			t.Errorf("%s or %s is ours", l.Addr(), c.LocalAddr())
		}
		_, _ = c.Close(), l.Close()
		accepted, err := server.Accept()
		if err != nil {
			t.Fatal(err)
		}
		_ = accepted.Close()
	}
}
