package extauthz

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// stuck is a decider that decides when it is let go.
type stuck struct {
	asked chan struct{}
	free  chan struct{}
}

func (s *stuck) Decide(*block.Request) block.Verdict {
	s.asked <- struct{}{}
	<-s.free
	return block.Verdict{}
}

// Envoy waits as long as it likes; the agent goes on with others, and ends.
func TestEnvoyDoesNotWait(t *testing.T) {
	d := &stuck{asked: make(chan struct{}), free: make(chan struct{})}
	conn, stop := serve(t, Options{Decider: d})
	client := authv3.NewAuthorizationClient(conn)
	ask := func(ctx context.Context) <-chan codes.Code {
		answer := make(chan codes.Code, 1)
		go func() {
			_, err := client.Check(ctx, &authv3.CheckRequest{Attributes: from("192.0.2.1", nil)})
			answer <- status.Code(err)
		}()
		<-d.asked
		return answer
	}
	impatient, cancel := context.WithCancel(t.Context())
	cancelled := ask(impatient)
	late, done := context.WithTimeout(t.Context(), time.Minute)
	defer done()
	answered := ask(late)
	cancel()
	if got := <-cancelled; got != codes.Canceled {
		t.Errorf("a question that was given up: %s", got)
	}
	close(d.free)
	if got := <-answered; got != codes.OK {
		t.Errorf("another meanwhile: %s", got)
	}
	over, end := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer end()
	if _, err := client.Check(over, &authv3.CheckRequest{}); status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("a question that comes too late: %v", err)
	}
	stop()
}

// Nobody passes by being too large to ask about, up to what Envoy lets through;
// what is larger still disturbs nobody else.
func TestLargeQuestions(t *testing.T) {
	conn, _ := serve(t, Options{Decider: &decider{verdicts: verdicts()}})
	const refusal = `PermissionDenied 403 "" decision=deny 0000000000000001`
	for _, size := range []int{64 << 10, 2 << 20, 8 << 20} {
		a := from("192.0.2.1", map[string]string{"cookie": strings.Repeat("x", size)})
		if got := tell(check(t, conn, a)); got != refusal {
			t.Errorf("%d bytes: %s", size, got)
		}
	}
	a := from("192.0.2.1", map[string]string{"cookie": strings.Repeat("x", maxQuestion)})
	_, err := authv3.NewAuthorizationClient(conn).Check(t.Context(), &authv3.CheckRequest{Attributes: a}, grpc.MaxCallSendMsgSize(2*maxQuestion))
	if status.Code(err) != codes.ResourceExhausted {
		t.Errorf("%d bytes: %v", maxQuestion, err)
	}
	if got := tell(check(t, conn, from("192.0.2.1", nil))); got != refusal {
		t.Errorf("after it: %s", got)
	}
}

// What Envoy leaves out is unknown, and hurts nobody.
func TestQuestionsWithLittleInThem(t *testing.T) {
	d := &decider{}
	conn, _ := serve(t, Options{Decider: d, Trusted: func(netip.Addr) bool { return true }})
	pipe := &corev3.Address{Address: &corev3.Address_Pipe{Pipe: &corev3.Pipe{Path: "@x"}}}
	for _, a := range []*authv3.AttributeContext{
		nil, {}, {Source: &authv3.AttributeContext_Peer{}}, {Source: &authv3.AttributeContext_Peer{Address: pipe}},
		{Request: &authv3.AttributeContext_Request{}}, {Request: from("", nil).GetRequest()},
	} {
		if got := tell(check(t, conn, a)); got != "OK -x-honeymoat-decision,x-honeymoat-flag" {
			t.Errorf("%v: %s", a, got)
		}
	}
	if d.last() != (block.Request{}) {
		t.Errorf("decided about nobody: %+v", d.last())
	}
	check(t, conn, &authv3.AttributeContext{Source: from("192.0.2.7", nil).GetSource()})
	if got := d.last(); got != (block.Request{Client: netip.MustParseAddr("192.0.2.7")}) {
		t.Errorf("a peer without a request: %+v", got)
	}
}

func TestWhoTheClientIs(t *testing.T) {
	d := &decider{}
	conn, _ := serve(t, Options{Decider: d, Trusted: func(a netip.Addr) bool {
		return netip.MustParsePrefix("10.0.0.0/8").Contains(a) || netip.MustParsePrefix("fd00::/8").Contains(a)
	}})
	f := func(peer, forwarded, want string) {
		t.Helper()
		check(t, conn, from(peer, map[string]string{"x-forwarded-for": forwarded}))
		if got := d.last().Client.String(); got != want {
			t.Errorf("%s, %.40q: %s, want %s", peer, forwarded, got, want)
		}
	}
	f("2001:db8::7", "", "2001:db8::7")
	f("2001:db8::7", "192.0.2.7", "2001:db8::7") // of others it is not believed
	f("fe80::1%eth0", "", "fe80::1")
	f("::ffff:192.0.2.7", "", "192.0.2.7")
	f("fd00::1", "2001:db8::7, fd00::2", "2001:db8::7")
	f("fd00::1", "[2001:db8::7]:443, ::ffff:10.0.0.1", "2001:db8::7")
	f("10.0.0.1", "192.0.2.7, 10.0.0.2, 10.0.0.3", "192.0.2.7")
	f("10.0.0.1", "203.0.113.9, 192.0.2.7, "+strings.Repeat("10.0.0.2, ", 5000)+"10.0.0.3", "192.0.2.7")
	f("10.0.0.1", strings.Repeat("203.0.113.9, ", 5000)+"192.0.2.7", "192.0.2.7")
}
