package nftables

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// network is a gateway and its clients: two network namespaces with a cable
// between them. The clients' end has many addresses.
type network struct {
	t                *testing.T
	gateway, clients string // files of the namespaces
}

const (
	gatewayV4 = "192.0.2.1"
	gatewayV6 = "2001:db8:1::1"
	openPort  = 80 // that is guarded
	sshPort   = 22 // that is not
)

var clientAddresses = []string{
	"192.0.2.7/24", "192.0.2.8/24", "192.0.2.130/24", "192.0.2.200/24",
	"2001:db8:1::7/64", "2001:db8:1::8/64", "2001:db8:1:0:8000::9/64",
}

func newNetwork(t *testing.T) *network {
	t.Helper()
	name := fmt.Sprintf("hm%d-%d", os.Getpid(), time.Now().UnixNano()%1_000_000)
	n := &network{t: t, gateway: "/run/netns/" + name + "g", clients: "/run/netns/" + name + "c"}
	for _, ns := range []string{name + "g", name + "c"} {
		n.ip("netns", "add", ns)
		t.Cleanup(func() { n.ip("netns", "del", ns) })
	}
	n.ip("-n", name+"g", "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", name+"c")
	n.address(name+"g", gatewayV4+"/24", gatewayV6+"/64")
	n.address(name+"c", clientAddresses...)
	for _, ns := range []string{name + "g", name + "c"} {
		n.ip("-n", ns, "link", "set", "lo", "up")
		n.ip("-n", ns, "link", "set", "eth0", "up")
	}
	for _, port := range []int{openPort, sshPort} {
		for _, a := range []string{gatewayV4, gatewayV6} {
			n.listen(net.JoinHostPort(a, fmt.Sprint(port)))
		}
	}
	return n
}

// address gives addresses to the end of the cable in a namespace, usable at
// once.
func (n *network) address(namespace string, addresses ...string) {
	n.t.Helper()
	for _, a := range addresses {
		args := []string{"-n", namespace, "addr", "add", a, "dev", "eth0"}
		if strings.Contains(a, ":") {
			args = append(args, "nodad")
		}
		n.ip(args...)
	}
}

func (n *network) ip(args ...string) {
	n.t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		n.t.Fatalf("ip %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

// in runs f in a network namespace.
func (n *network) in(namespace string, f func() error) error {
	done := make(chan error, 1)
	go func() {
		// The thread is never unlocked: it ends with the goroutine, and no
		// other runs in the wrong namespace.
		runtime.LockOSThread()
		done <- enter(namespace, f)
	}()
	return <-done
}

func enter(namespace string, f func() error) error {
	ns, err := os.Open(namespace)
	if err != nil {
		return err
	}
	defer func() { _ = ns.Close() }()
	if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
		return err
	}
	return f()
}

// listen accepts connections in the gateway's namespace.
func (n *network) listen(address string) {
	n.t.Helper()
	var l net.Listener
	err := n.in(n.gateway, func() (err error) {
		l, err = net.Listen("tcp", address)
		return err
	})
	if err != nil {
		n.t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
	n.t.Cleanup(func() { _ = l.Close(); <-done })
}

// connects tells whether a client gets a connection at once.
func (n *network) connects(client string, port int) bool {
	n.t.Helper()
	return n.connectsWithin(150*time.Millisecond, client, port)
}

// connectsWithin is for who must be let in by now, however busy the machine is.
func (n *network) connectsWithin(patience time.Duration, client string, port int) bool {
	n.t.Helper()
	gateway := gatewayV4
	if strings.Contains(client, ":") {
		gateway = gatewayV6
	}
	var connected bool
	err := n.in(n.clients, func() error {
		d := net.Dialer{Timeout: patience, LocalAddr: &net.TCPAddr{IP: net.ParseIP(client)}}
		c, err := d.DialContext(context.Background(), "tcp", net.JoinHostPort(gateway, fmt.Sprint(port)))
		if err == nil {
			connected = true
			return c.Close()
		}
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() {
			return nil
		}
		return err
	})
	if err != nil {
		n.t.Fatal(err)
	}
	return connected
}

// nft runs Debian's own tool in the gateway's namespace.
func (n *network) nft(args ...string) string {
	n.t.Helper()
	var out []byte
	err := n.in(n.gateway, func() (err error) {
		out, err = exec.Command("nft", args...).CombinedOutput()
		return err
	})
	if err != nil {
		n.t.Fatalf("nft %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return string(out)
}
