package gateway

import (
	"context"
	"strings"
	"testing"
	"time"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/honeymoat/honeymoat/pkg/agent/agenttest"
	"github.com/honeymoat/honeymoat/pkg/block"
)

// TestEnvoy asks as Envoy does.
func TestEnvoy(t *testing.T) {
	dir, service := shortDir(t), agenttest.New()
	r := start(t, service, dir, configure(t, dir, withResponder(dir)+"trusted_hops: [10.0.0.0/8]\ngateways: {envoy: {listen: '127.0.0.1:0', decoys: true}}\n"))
	conn, err := grpc.NewClient(r.Address("envoy").String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	ask := func(peer, path string, headers map[string]string) *authv3.CheckResponse {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		answer, err := authv3.NewAuthorizationClient(conn).Check(ctx, envoyAsks(peer, path, headers))
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	id := r.put("key:s3cret & 192.0.2.0/24", block.Deny, &block.Terms{Status: 404, Body: "gone"})
	r.inStep()
	key := map[string]string{"x-api-key": "s3cret", "x-forwarded-for": "192.0.2.7"}
	denied := ask("10.0.0.1", "/", key)
	if d := denied.GetDeniedResponse(); d.GetStatus().GetCode() != 404 || d.GetBody() != "gone" {
		t.Errorf("%v", denied)
	}
	if got := denied.GetDynamicMetadata().GetFields()["decision"].GetStringValue(); got != "deny "+id.String() {
		t.Errorf("marked %q", got)
	}
	if a := ask("203.0.113.1", "/", key); a.GetOkResponse() == nil {
		t.Errorf("a client names another: %v", a)
	}
	bait := ask("192.0.2.9", "/.env", nil).GetOkResponse().GetHeaders()
	if len(bait) != 1 || bait[0].GetHeader().GetKey() != block.DecisionHeader || !strings.HasPrefix(bait[0].GetHeader().GetValue(), "divert ") {
		t.Errorf("diverted by %v", bait)
	}
	if a := ask("192.0.2.9", "/", nil); a.GetDeniedResponse() == nil {
		t.Errorf("after the touch: %v", a)
	}
}

func envoyAsks(peer, path string, headers map[string]string) *authv3.CheckRequest {
	return &authv3.CheckRequest{Attributes: &authv3.AttributeContext{
		Source: &authv3.AttributeContext_Peer{Address: &corev3.Address{Address: &corev3.Address_SocketAddress{
			SocketAddress: &corev3.SocketAddress{Address: peer},
		}}},
		Request: &authv3.AttributeContext_Request{Http: &authv3.AttributeContext_HttpRequest{
			Method: "GET", Path: path, Host: "shop.example", Headers: headers,
		}},
	}}
}
