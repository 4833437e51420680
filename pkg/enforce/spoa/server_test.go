package spoa

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/honeymoat/honeymoat/pkg/block"
)

func client(a string) arg { return arg{"client", netip.MustParseAddr(a)} }

func TestAnswersCarryWhatToDo(t *testing.T) {
	d := &decider{verdicts: map[string]block.Verdict{
		"192.0.2.1": deny(1, nil),
		"192.0.2.2": deny(2, &block.Terms{Status: 451, Body: "{\"no\":\n1}"}),
		"192.0.2.3": {Refused: true, Decision: block.Decision{ID: 3, Action: block.Drop}},
		"192.0.2.4": {Refused: true, Decision: block.Decision{ID: 4, Action: block.Divert}},
		"192.0.2.5": {Refused: true, Decision: block.Decision{ID: 5, Action: block.Throttle}, RetryAfter: 1100 * time.Millisecond},
		"192.0.2.6": {Decision: block.Decision{Flag: block.Mark{ID: 6}}},
		"192.0.2.7": {Decision: block.Decision{Flag: block.Mark{ID: 7, Terms: &block.Terms{Header: "x-suspect", Value: "very"}}}},
		"192.0.2.8": {Decision: block.Decision{ID: 8, Action: block.Throttle, Found: true}},
	}}
	address, _ := serve(t, newHandler(t, Options{Decider: d}))
	h := dial(t, address).greeted()
	f := func(address string, want map[string]string) {
		t.Helper()
		if got := h.ask(300, client(address)); !maps.Equal(got, want) {
			t.Errorf("%s: %v", address, got)
		}
	}
	f("192.0.2.1", map[string]string{"action": "deny", "id": "0000000000000001", "status": "403"})
	f("192.0.2.2", map[string]string{"action": "deny", "id": "0000000000000002", "status": "451", "type": "application/json", "body": `{"no": 1}`})
	f("192.0.2.3", map[string]string{"action": "drop", "id": "0000000000000003"})
	f("192.0.2.4", map[string]string{"action": "divert", "id": "0000000000000004"})
	f("192.0.2.5", map[string]string{"action": "throttle", "id": "0000000000000005", "status": "429", "retry_after": "2"})
	f("192.0.2.6", map[string]string{"action": "flag", "id": "0000000000000006", "flag_header": "X-Honeymoat-Flag", "flag_value": "0000000000000006"})
	f("192.0.2.7", map[string]string{"action": "flag", "id": "0000000000000007", "flag_header": "X-Suspect", "flag_value": "very"})
	f("192.0.2.8", map[string]string{"action": "pass"})
	f("2001:db8::1", map[string]string{"action": "pass"})
	f("::ffff:192.0.2.1", map[string]string{"action": "deny", "id": "0000000000000001", "status": "403"})
}

func TestUnknownClients(t *testing.T) {
	for denyUnknown, want := range map[bool]string{false: "pass", true: "deny"} {
		address, _ := serve(t, newHandler(t, Options{DenyUnknown: denyUnknown}))
		h := dial(t, address).greeted()
		for _, a := range []arg{{"client", nil}, {"client", "unix"}, {"client", uint32(7)}, {"other", "192.0.2.7"}} {
			if got := h.ask(1, a); got["action"] != want {
				t.Errorf("%v: %v", a, got)
			}
		}
	}
}

func TestQuestionsTell(t *testing.T) {
	d := &decider{}
	identify := func(r *block.Request, uri string, header func(string) string) {
		if r.User == "" {
			r.User = header("x-user")
		}
		r.Key, r.Token = header("X-Api-Key"), header("None")
		_, r.Application, _ = strings.Cut(uri, "?app=")
	}
	address, _ := serve(t, newHandler(t, Options{Decider: d, Identify: identify}))
	h := dial(t, address).greeted()
	f := func(want block.Request, args ...arg) {
		t.Helper()
		h.ask(1, args...)
		if got := d.last(); got != want {
			t.Errorf("%+v", got)
		}
	}
	c := netip.MustParseAddr("2001:db8::7")
	headers := arg{"headers", "Host: shop.example\r\nuser-agent:  probe/1 \r\nX-API-Key: k:1\r\nx-user: forged\r\nX-Api-Key: k2\r\n\r\n"}
	f(block.Request{Client: c}, arg{"client", c})
	f(block.Request{Client: c}, arg{"client", "2001:db8::7"})
	f(block.Request{Client: c, Method: "GET", Path: "/a%00", RequestID: "7f", Host: "shop.example", UserAgent: "probe/1", Key: "k:1", User: "forged", Application: "p"},
		arg{"client", c}, arg{"method", "GET"}, arg{"uri", "/a%00?app=p"}, arg{"id", "7f"}, headers)
	f(block.Request{Client: c, Host: "h", UserAgent: "u", Key: "k:1", User: "alice", Session: "s", Fingerprint: "f", Country: "NZ", Network: "AS1", API: "a"},
		arg{"user", "alice"}, headers, arg{"client", c}, arg{"host", "h"}, arg{"user_agent", "u"}, arg{"session", "s"}, arg{"fingerprint", "f"},
		arg{"country", "NZ"}, arg{"network", "AS1"}, arg{"api", "a"}, arg{"newer", true}, arg{"key", nil})
}

func TestPipelinedQuestionsAreAnsweredInOneGo(t *testing.T) {
	address, _ := serve(t, newHandler(t, Options{}))
	h := dial(t, address).greeted()
	var all []byte
	const n = 500
	for i := range n {
		all = append(all, notifyOf(uint64(i)*1e12, uint64(i), client("192.0.2.7"), arg{"headers", strings.Repeat("x", 7*i)})...)
	}
	go func() { _, _ = h.conn.Write(all) }()
	for i := range n {
		if f := h.read(); f.stream != uint64(i)*1e12 || f.id != uint64(i) || h.variables(f)["action"] != "deny" {
			t.Fatalf("answer %d is of %d/%d", i, f.stream, f.id)
		}
	}
}

func TestHealthCheck(t *testing.T) {
	address, _ := serve(t, newHandler(t, Options{}))
	h := dial(t, address)
	h.send(helloOf("2.0", 16380, true))
	if f := h.read(); f.kind != agentHello {
		t.Errorf("frame %d", f.kind)
	}
	if f := h.read(); h.status(f) != 0 {
		t.Error("a health check ends with a fault")
	}
	if _, err := h.in.ReadByte(); err != io.EOF {
		t.Error("the connection stays open", err)
	}
}

func TestFaultsAreTold(t *testing.T) {
	metrics := prometheus.NewRegistry()
	address, stop := serve(t, newHandler(t, Options{Metrics: metrics}))
	f := func(want *fault, data ...[]byte) {
		t.Helper()
		h := dial(t, address)
		for i, d := range data {
			h.send(d)
			if i < len(data)-1 {
				h.read()
			}
		}
		if got := h.status(h.read()); got != uint64(want.status) {
			t.Errorf("status %d, want %d", got, want.status)
		}
		if _, err := h.in.ReadByte(); err != io.EOF {
			t.Error("the connection stays open", err)
		}
	}
	hello := helloOf("2.0, 3.1", 16380, false)
	broken := func(flags byte, text string) []byte {
		return endFrame(append([]byte{0, 0, 0, 0, notify, 0, 0, 0, flags, 1, 1}, text...), 0)
	}
	f(tooBig, []byte("GET / HTTP/1.1\r\n"))
	f(tooBig, []byte{0xff, 0xff, 0xff, 0xff})
	f(invalid, []byte{0, 0, 0, 0})
	f(invalid, []byte{0, 0, 0, 1, 1, 0, 0})
	f(invalid, notifyOf(1, 1))
	f(noVersion, endFrame(beginFrame(nil, haproxyHello, 0, 0), 0))
	f(badVersion, helloOf("1.0,3.0", 16380, false))
	f(noFrameSize, helloOf("2.0", 0, false))
	f(badFrameSize, helloOf("2.0", 255, false))
	f(invalid, hello, hello)
	f(invalid, hello, broken(fin, "\x05check\x01\x06client\x06\x01"))
	f(invalid, hello, broken(fin, "\x05check\x01\x06client\x0a"))
	f(invalid, hello, broken(fin, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	f(noFragments, hello, broken(0, ""))
	f(noFragments, hello, broken(fin|abort, ""))
	f(tooBig, hello, []byte{0, 0, 0x3f, 0xfd})
	f(normal, hello, endFrame(beginFrame(nil, haproxyDisconnect, 0, 0), 0))
	stop()
	if got := measured(t, metrics, "honeymoat_spoa_broken_connections_total", ""); got != 16 {
		t.Errorf("%v broken connections", got)
	}
	if got := measured(t, metrics, "honeymoat_spoa_connections", ""); got != 0 {
		t.Errorf("%v connections", got)
	}
}

// measured is the sum of a metric over the values of a label, all if it is "".
func measured(t testing.TB, r *prometheus.Registry, name, label string) (sum float64) {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name && (label == "" || m.GetLabel()[0].GetValue() == label) {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

func TestAnswersAreCounted(t *testing.T) {
	metrics := prometheus.NewRegistry()
	address, _ := serve(t, newHandler(t, Options{Metrics: metrics}))
	c := dial(t, address).greeted()
	c.ask(1, client("192.0.2.7"))
	c.ask(2, client("192.0.2.8"))
	c.ask(3)
	for answer, want := range map[string]float64{"deny": 1, "pass": 1, "unknown": 1, "flag": 0, "": 3} {
		if got := measured(t, metrics, "honeymoat_spoa_requests_total", answer); got != want {
			t.Errorf("counted %v of %q, want %v", got, answer, want)
		}
	}
	if _, err := New(Options{Metrics: metrics}); err == nil {
		t.Error("metrics were registered twice")
	}
}

func TestTakesLeaveWhenStopped(t *testing.T) {
	address, stop := serve(t, newHandler(t, Options{}))
	idle, silent := dial(t, address).greeted(), dial(t, address)
	busy := dial(t, address).greeted()
	busy.ask(1, client("192.0.2.7"))
	stop()
	for _, h := range []*haproxy{idle, busy} {
		if h.status(h.read()) != 0 {
			t.Error("leave is taken with a fault")
		}
	}
	if _, err := io.Copy(io.Discard, silent.conn); err != nil {
		t.Errorf("a connection that never spoke: %v", err)
	}
}

func TestListenerThatFails(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Serve(context.Background(), l, newHandler(t, Options{}), slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a closed listener was served")
	}
}
