package config

import (
	"fmt"
	"net"
	"net/netip"
)

// LocalURL is the front's URL for programs on its own host: on loopback, where
// it listens on every address of the host.
func (a API) LocalURL() string {
	host, port, everywhere := a.listensOn()
	if everywhere {
		host = "localhost"
	}
	return "https://" + net.JoinHostPort(host, port)
}

// PublicURL is the front's URL for everybody else as far as the configuration
// tells: by its first name, where it listens on every address of the host.
func (a API) PublicURL() string {
	_, port, everywhere := a.listensOn()
	if everywhere && len(a.Names) > 0 {
		return "https://" + net.JoinHostPort(a.Names[0], port)
	}
	return a.LocalURL()
}

// listensOn cuts Listen, and tells whether it is every address of the host.
func (a API) listensOn() (host, port string, everywhere bool) {
	host, port, err := net.SplitHostPort(a.Listen)
	if err != nil {
		return a.Listen, "", false
	}
	ip, err := netip.ParseAddr(host)
	return host, port, host == "" || err == nil && ip.IsUnspecified()
}

// loopback checks an address on which nothing is encrypted.
func (c *checker) loopback(path, value string) {
	c.address(path, value, true)
	host, _, err := net.SplitHostPort(value)
	if value == "" || err != nil || host == "localhost" {
		return
	}
	if ip, err := netip.ParseAddr(host); err != nil || !ip.IsLoopback() {
		c.add(path, fmt.Sprintf("%q is not on loopback, and keys would travel in the clear", value), "want 127.0.0.1:PORT; from elsewhere bouncers use the front, with TLS")
	}
}
