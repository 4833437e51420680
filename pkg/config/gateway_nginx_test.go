package config

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestNginxAndForwardAuth(t *testing.T) {
	f := func(gateways, want string) {
		t.Helper()
		_, err := ParseAgent("agent.yaml", []byte("gateways: {"+gateways+"}\n"))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", gateways, err, want)
		}
	}
	f("nginx: {maps: {dir: /x}, shared: {socket: /y}}", "")
	f("nginx: {maps: {every: 0s}}", "") // off
	f("nginx: {maps: {dir: /x, every: 1ms}}", "gateways.nginx.maps.every")
	f("nginx: {maps: {dir: /x, check: []}}", "no command")
	f("nginx: {maps: {dir: /x, max_entries: 0}}", "gateways.nginx.maps.max_entries")
	f("nginx: {maps: {dir: /x, scopes: [address, key]}}", "gateways.nginx.maps.scopes[1]")
	f("nginx: {maps: {dir: /x, confirm: '127.0.0.1:4446'}}", "")
	f("nginx: {maps: {dir: /x, confirm: unix:/x/version.sock}}", "")
	f("nginx: {maps: {dir: /x, confirm: nowhere}}", "gateways.nginx.maps.confirm")
	f("nginx: {shared: {socket: /x, scopes: [user]}}", "gateways.nginx.shared.scopes[0]")
	f("nginx: {shared: {socket: /x, check: 0s}}", "gateways.nginx.shared.check")
	f("forward_auth: {listen: '127.0.0.1:1'}", "")
	f("forward_auth: {listen: 'localhost:1'}", "")
	f("forward_auth: {listen: '192.0.2.1:1', certificate: a, key: b, secret_file: s}", "")
	f("forward_auth: {listen: '192.0.2.1:1', certificate: a, key: b, client_ca: c}", "")
	f("forward_auth: {listen: '192.0.2.1:1', secret_file: s}", "in clear")
	f("forward_auth: {listen: ':1', certificate: a, key: b}", "nobody but loopback")
	f("forward_auth: {listen: '127.0.0.1:1', certificate: a}", "without a key")
	f("forward_auth: {listen: '127.0.0.1:1', client_ca: a}", "without one of our own")
	f("forward_auth: {listen: nowhere}", "not an address")
	f("forward_auth: {on_unknown: maybe}", "gateways.forward_auth.on_unknown")
}

func TestNginxDefaults(t *testing.T) {
	a, err := ParseAgent("agent.yaml", []byte("gateways: {nginx: {maps: {dir: /x, scopes: [address, country]}}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	n := a.Gateways.Nginx
	if !slices.Equal(n.Maps.Scopes, []string{"address", "country"}) || n.Maps.Every != 5*time.Second || !slices.Equal(n.Maps.Check, []string{"nginx", "-t"}) ||
		len(n.Shared.Scopes) != 4 || a.Gateways.ForwardAuth.OnUnknown != "pass" {
		t.Errorf("%+v", n)
	}
}
