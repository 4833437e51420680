package webhook

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestWhereAWebhookMayLead(t *testing.T) {
	f := func(host, address string, ok bool) {
		t.Helper()
		if err := mayCall(host, address); (err == nil) != ok {
			t.Errorf("%s at %s: %v", host, address, err)
		}
	}
	f("soc.example.net", "203.0.113.5:443", true)
	f("soc.example.net", "10.1.2.3:443", true) // our own networks have endpoints
	f("127.0.0.1", "127.0.0.1:80", true)
	f("localhost", "[::1]:80", true)
	f("soc.example.net", "127.0.0.1:443", false)
	f("soc.example.net", "[::1]:443", false)
	f("soc.example.net", "[::ffff:127.0.0.1]:443", false)
	f("soc.example.net", "169.254.169.254:443", false)
	f("169.254.169.254", "169.254.169.254:443", false)
	f("soc.example.net", "[fd00:ec2::254]:80", false)
	f("soc.example.net", "[fd00:ec2::253]:80", true)
	f("soc.example.net", "[fe80::1%eth0]:443", false)
	f("soc.example.net", "0.0.0.0:443", false)
	f("soc.example.net", "224.0.0.1:443", false)
}

// TestANameThatLeadsElsewhere: what a name leads to is looked at when it is
// called, not when it is configured.
func TestANameThatLeadsElsewhere(t *testing.T) {
	called := false
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	t.Cleanup(s.Close)
	resp, err := newClient(s.URL).Get(s.URL)
	if err != nil || !called {
		t.Fatalf("this host by its address: %v", err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
	link := "http://169.254.169.254/latest/meta-data/"
	direct := newClient(link)
	direct.Transport.(*http.Transport).Proxy = nil
	if resp, err := direct.Get(link); !errors.Is(err, errNoEndpoint) {
		t.Errorf("%v %v", resp, err)
	}
}
