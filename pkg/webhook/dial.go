package webhook

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// errNoEndpoint tells that a name leads where no endpoint is.
var errNoEndpoint = errors.New("no endpoint is there")

// metadata6 is fd00:ec2::254, where one cloud keeps its secrets outside of what
// is local to the link.
var metadata6 = [16]byte{0: 0xfd, 2: 0x0e, 3: 0xc2, 14: 0x02, 15: 0x54}

// newClient makes the client of one endpoint. It goes where the operator said:
// a name that leads to addresses of this link, where clouds keep their secrets,
// or that begins to lead to this host, is not called.
func newClient(endpoint string) *http.Client {
	host := ""
	if u, err := url.Parse(endpoint); err == nil {
		host = u.Hostname()
	}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxIdleConns: 2,
		IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: 10 * time.Second,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			d := &net.Dialer{Timeout: 10 * time.Second}
			if name, _, err := net.SplitHostPort(address); err == nil && strings.EqualFold(name, host) { // else it is a proxy
				d.Control = func(_, to string, _ syscall.RawConn) error { return mayCall(host, to) }
			}
			return d.DialContext(ctx, network, address)
		},
	}
	return &http.Client{Transport: transport}
}

// mayCall tells whether an address may be the endpoint's of this host name.
func mayCall(host, address string) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %s", errNoEndpoint, address)
	}
	a := to.Addr().Unmap()
	literal, _ := netip.ParseAddr(host)
	switch {
	case a.IsLinkLocalUnicast(), a.IsMulticast(), a.IsUnspecified(), a == netip.AddrFrom16(metadata6):
		return fmt.Errorf("%w: %s leads to %s, an address of this link", errNoEndpoint, host, a)
	case a.IsLoopback() && !strings.EqualFold(host, "localhost") && !literal.IsLoopback():
		return fmt.Errorf("%w: %s leads to %s, this host itself; write that address if it is meant", errNoEndpoint, host, a)
	}
	return nil
}
