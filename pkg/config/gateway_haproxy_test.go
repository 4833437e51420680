package config

import (
	"strings"
	"testing"
)

func TestHAProxy(t *testing.T) {
	f := func(yaml, want string) {
		t.Helper()
		_, err := ParseAgent("agent.yaml", []byte("gateways: {haproxy: "+yaml+"}"))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", yaml, err, want)
		}
	}
	f("{}", "")
	f("{runtime: 'unix:/run/h.sock', listen: '127.0.0.1:4443'}", "")
	f("{listen: 'unix:/run/spoa.sock'}", "")
	f("{listen: 'somewhere'}", "not an address")
	f("{runtime: '/run/h.sock'}", "not a unix socket")
	f("{runtime: 'unix:/run/h.sock', maps: 'maps'}", "not an absolute path")
	f("{runtime: 'unix:/run/h.sock', maps: '/etc/a b'}", "not an absolute path")
	f("{runtime: 'unix:/run/h.sock', maps: '/etc/a;b'}", "not an absolute path")
}

func TestEnvoy(t *testing.T) {
	a, err := ParseAgent("agent.yaml", []byte("gateways: {envoy: {listen: 'unix:/run/e.sock', decoys: true}}"))
	if err != nil || !a.Gateways.Envoy.Decoys {
		t.Errorf("%+v, %v", a.Gateways.Envoy, err)
	}
	if _, err := ParseAgent("agent.yaml", []byte("gateways: {envoy: {listen: here}}")); err == nil {
		t.Error("a place that is none was taken")
	}
}
