// Package ports finds addresses for tests that have to name one before anybody
// listens there, or that listen, end, and listen again. It uses the standard
// library alone, and it never gives an address back before its test has ended.
package ports

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"syscall"
	"testing"
)

// Free is an address on loopback on which nobody listens. Until the test ends
// nobody else gets its port, whether to listen or as the local end of a
// connection; whoever allows addresses to be used again, as Go's listeners and
// all servers do, may listen on it, as often as it likes.
func Free(t testing.TB) string {
	t.Helper()
	address, release, err := hold()
	if err != nil {
		t.Fatalf("hold a port: %v", err)
	}
	t.Cleanup(func() {
		if err := release(); err != nil {
			t.Errorf("give back the port of %s: %v", address, err)
		}
	})
	return address
}

// hold binds a socket that never listens.
func hold() (address string, release func() error, err error) {
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return "", nil, os.NewSyscallError("socket", err)
	}
	release = func() error { return os.NewSyscallError("close", syscall.Close(socket)) }
	if address, err = bind(socket); err != nil {
		return "", nil, errors.Join(err, release())
	}
	return address, release, nil
}

func bind(socket int) (string, error) {
	if err := syscall.SetsockoptInt(socket, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return "", os.NewSyscallError("setsockopt", err)
	}
	if err := syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return "", os.NewSyscallError("bind", err)
	}
	name, err := syscall.Getsockname(socket)
	if err != nil {
		return "", os.NewSyscallError("getsockname", err)
	}
	bound, ok := name.(*syscall.SockaddrInet4)
	if !ok {
		return "", fmt.Errorf("the socket is bound to %T", name)
	}
	return netip.AddrPortFrom(netip.AddrFrom4(bound.Addr), uint16(bound.Port)).String(), nil
}
