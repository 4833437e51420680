package extauthz

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/honeymoat/honeymoat/pkg/block"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// decider refuses by client and remembers what it was asked last.
type decider struct {
	verdicts map[string]block.Verdict

	mu    sync.Mutex
	asked block.Request
}

func (d *decider) Decide(r *block.Request) block.Verdict {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = *r
	return d.verdicts[r.Client.String()]
}

func (d *decider) last() block.Request {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.asked
}

func refused(id block.ID, a block.Action, terms *block.Terms) block.Verdict {
	return block.Verdict{Refused: true, Decision: block.Decision{ID: id, Action: a, Terms: terms, Found: true}}
}

// serve answers on a socket, as Envoy would reach it, until the test ends or
// stop is called.
func serve(t testing.TB, o Options) (conn *grpc.ClientConn, stop func()) {
	t.Helper()
	h, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "envoy.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, l, h, slog.New(slog.DiscardHandler)) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	t.Cleanup(stop)
	conn, err = grpc.NewClient("unix:"+path, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn, stop
}

func check(t testing.TB, conn *grpc.ClientConn, a *authv3.AttributeContext) *authv3.CheckResponse {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := authv3.NewAuthorizationClient(conn).Check(ctx, &authv3.CheckRequest{Attributes: a})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.ValidateAll(); err != nil {
		t.Errorf("Envoy would not take the answer: %v", err)
	}
	return r
}

// from is a request of a client.
func from(client string, headers map[string]string) *authv3.AttributeContext {
	return &authv3.AttributeContext{
		Source: &authv3.AttributeContext_Peer{Address: &corev3.Address{Address: &corev3.Address_SocketAddress{
			SocketAddress: &corev3.SocketAddress{Address: client, PortSpecifier: &corev3.SocketAddress_PortValue{PortValue: 1}},
		}}},
		Request: &authv3.AttributeContext_Request{Http: &authv3.AttributeContext_HttpRequest{
			Method: "POST", Path: "/a%00?b=c", Host: "shop.example", Headers: headers,
		}},
	}
}

// tell is an answer in one line.
func tell(r *authv3.CheckResponse) string {
	var b strings.Builder
	fmt.Fprint(&b, codes.Code(r.GetStatus().GetCode()))
	if d := r.GetDeniedResponse(); d != nil {
		fmt.Fprintf(&b, " %d %q", d.GetStatus().GetCode(), d.GetBody())
		for _, h := range d.GetHeaders() {
			fmt.Fprintf(&b, " %s=%s", h.GetHeader().GetKey(), h.GetHeader().GetValue())
		}
	}
	if ok := r.GetOkResponse(); ok != nil {
		for _, h := range ok.GetHeaders() {
			fmt.Fprintf(&b, " %s=%s", h.GetHeader().GetKey(), h.GetHeader().GetValue())
		}
		fmt.Fprintf(&b, " -%s", strings.Join(ok.GetHeadersToRemove(), ","))
	}
	if m := r.GetDynamicMetadata(); m != nil {
		fmt.Fprintf(&b, " decision=%s", m.GetFields()["decision"].GetStringValue())
		if joined := m.GetFields()["action"].GetStringValue() + " " + m.GetFields()["id"].GetStringValue(); joined != m.GetFields()["decision"].GetStringValue() {
			fmt.Fprintf(&b, " but %s", joined)
		}
	}
	return b.String()
}

func verdicts() map[string]block.Verdict {
	throttled := refused(5, block.Throttle, nil)
	throttled.RetryAfter = 1100 * time.Millisecond
	return map[string]block.Verdict{
		"192.0.2.1": refused(1, block.Deny, nil),
		"192.0.2.2": refused(2, block.Deny, &block.Terms{Status: 410, Body: "[]"}),
		"192.0.2.9": refused(9, block.Deny, &block.Terms{Status: 451, Body: "x"}),
		"192.0.2.3": refused(3, block.Drop, nil),
		"192.0.2.4": refused(4, block.Divert, nil),
		"192.0.2.5": throttled,
		"192.0.2.6": {Decision: block.Decision{Flag: block.Mark{ID: 6}}},
		"192.0.2.7": {Decision: block.Decision{Flag: block.Mark{ID: 7, Terms: &block.Terms{Header: "x-suspect", Value: "very"}}}},
	}
}

func TestAnswersCarryWhatToDo(t *testing.T) {
	conn, _ := serve(t, Options{Decider: &decider{verdicts: verdicts()}, Decoys: true})
	f := func(client, want string) {
		t.Helper()
		if got := tell(check(t, conn, from(client, nil))); got != want {
			t.Errorf("%s: %s\nwant %s", client, got, want)
		}
	}
	f("192.0.2.1", `PermissionDenied 403 "" decision=deny 0000000000000001`)
	f("192.0.2.2", `PermissionDenied 410 "[]" Content-Type=application/json decision=deny 0000000000000002`)
	f("192.0.2.3", `PermissionDenied 403 "" decision=drop 0000000000000003`)
	f("192.0.2.4", `OK X-Honeymoat-Decision=divert 0000000000000004 -x-honeymoat-flag decision=divert 0000000000000004`)
	f("192.0.2.5", `PermissionDenied 429 "" Retry-After=2 decision=throttle 0000000000000005`)
	f("192.0.2.6", `OK X-Honeymoat-Flag=0000000000000006 -x-honeymoat-decision decision=flag 0000000000000006`)
	f("192.0.2.7", `OK X-Suspect=very -x-honeymoat-decision,x-honeymoat-flag decision=flag 0000000000000007`)
	f("192.0.2.9", `PermissionDenied 403 "x" Content-Type=text/plain; charset=utf-8 decision=deny 0000000000000009`) // 451 is unknown to Envoy
	f("192.0.2.8", `OK -x-honeymoat-decision,x-honeymoat-flag`)
	f("::ffff:192.0.2.1", `PermissionDenied 403 "" decision=deny 0000000000000001`)
}

func TestNobodyIsDivertedIntoTheApplication(t *testing.T) {
	conn, _ := serve(t, Options{Decider: &decider{verdicts: verdicts()}})
	if got := tell(check(t, conn, from("192.0.2.4", nil))); got != `PermissionDenied 404 "" decision=divert 0000000000000004` {
		t.Error(got)
	}
}

func TestUnknownClients(t *testing.T) {
	for deny, want := range map[bool]string{false: "OK -x-honeymoat-decision,x-honeymoat-flag", true: `PermissionDenied 403 ""`} {
		conn, _ := serve(t, Options{Decider: &decider{}, DenyUnknown: deny})
		for _, a := range []*authv3.AttributeContext{nil, {}, from("", nil), from("@", nil)} {
			if got := tell(check(t, conn, a)); got != want {
				t.Errorf("%v: %s", a, got)
			}
		}
	}
}

func TestQuestionsTell(t *testing.T) {
	d := &decider{}
	conn, _ := serve(t, Options{
		Decider: d,
		Trusted: netip.MustParsePrefix("10.0.0.0/8").Contains,
		Identify: func(q *block.Request, uri string, header func(string) string) {
			q.Key, q.User = header("X-Api-Key"), uri
		},
	})
	headers := map[string]string{"x-api-key": "k", "user-agent": "probe/1", "x-request-id": "7f", "x-forwarded-for": "198.51.100.9, 192.0.2.7, 10.0.0.2"}
	f := func(a *authv3.AttributeContext, client string) {
		t.Helper()
		check(t, conn, a)
		want := block.Request{
			Client: netip.MustParseAddr(client), Method: "POST", Host: "shop.example", Path: "/a%00", UserAgent: "probe/1", RequestID: "7f",
			Key: "k", User: "/a%00?b=c",
		}
		if got := d.last(); got != want {
			t.Errorf("%+v", got)
		}
	}
	f(from("203.0.113.1", headers), "203.0.113.1") // no hop of ours
	f(from("10.0.0.1", headers), "192.0.2.7")
	raw := from("10.0.0.1", nil)
	raw.Request.Http.HeaderMap = new(corev3.HeaderMap)
	for _, name := range []string{"x-request-id", "user-agent", "x-api-key"} {
		raw.Request.Http.HeaderMap.Headers = append(raw.Request.Http.HeaderMap.Headers, &corev3.HeaderValue{Key: name, RawValue: []byte(headers[name])})
	}
	f(raw, "10.0.0.1")
}

func TestHealth(t *testing.T) {
	conn, stop := serve(t, Options{Decider: &decider{}})
	checks := grpc_health_v1.NewHealthClient(conn)
	r, err := checks.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	if err != nil || r.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
		t.Errorf("%v, %v", r, err)
	}
	watch, err := checks.Watch(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if r, err := watch.Recv(); err != nil || r.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
		t.Errorf("%v, %v", r, err)
	}
	go stop()
	if r, err := watch.Recv(); err != nil || r.GetStatus() != grpc_health_v1.HealthCheckResponse_NOT_SERVING {
		t.Errorf("the end is not told: %v, %v", r, err)
	}
	for err == nil {
		_, err = watch.Recv() // ends with the server, which waits for nobody who is slow
	}
	stop()
}

func TestAnswersAreCounted(t *testing.T) {
	registry := prometheus.NewRegistry()
	conn, _ := serve(t, Options{Decider: &decider{verdicts: verdicts()}, Metrics: registry})
	for _, client := range []string{"192.0.2.1", "192.0.2.2", "192.0.2.6", "192.0.2.8", "-"} {
		check(t, conn, from(client, nil))
	}
	families, err := registry.Gather()
	if err != nil || len(families) != 1 || families[0].GetName() != "honeymoat_extauthz_requests_total" {
		t.Fatal(families, err)
	}
	got := map[string]float64{}
	for _, m := range families[0].GetMetric() {
		got[m.GetLabel()[0].GetValue()] = m.GetCounter().GetValue()
	}
	if want := map[string]float64{"pass": 1, "deny": 2, "drop": 0, "divert": 0, "throttle": 0, "flag": 1, "unknown": 1}; !maps.Equal(got, want) {
		t.Errorf("counted %v", got)
	}
	if _, err := New(Options{Metrics: registry}); err == nil {
		t.Error("metrics were registered twice")
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
	h, err := New(Options{Decider: &decider{}})
	if err != nil {
		t.Fatal(err)
	}
	if err := Serve(context.Background(), l, h, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a closed listener was served")
	}
}

func BenchmarkCheck(b *testing.B) {
	conn, _ := serve(b, Options{Decider: &decider{}})
	client := authv3.NewAuthorizationClient(conn)
	q := &authv3.CheckRequest{Attributes: from("192.0.2.8", map[string]string{"user-agent": "probe/1", "x-request-id": "7f", ":path": "/"})}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := client.Check(b.Context(), q); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
