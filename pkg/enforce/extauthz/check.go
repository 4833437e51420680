package extauthz

import (
	"net/netip"
	"strings"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	authv3 "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/identify"
)

// Identify adds who is behind a request, from its headers and the query of its
// URI. What is known already stays.
type Identify func(q *block.Request, uri string, header func(name string) string)

// question is what Envoy tells of a request. The client is the peer of Envoy,
// or whoever stands in X-Forwarded-For before the trusted hops.
func (h *Handler) question(attributes *authv3.AttributeContext) block.Request {
	asked := attributes.GetRequest().GetHttp()
	header := headersOf(asked)
	uri := asked.GetPath()
	path, _, _ := strings.Cut(uri, "?")
	q := block.Request{
		Method: asked.GetMethod(), Host: asked.GetHost(), Path: path,
		UserAgent: header("User-Agent"), RequestID: header("X-Request-Id"),
	}
	if peer := addressOf(attributes.GetSource().GetAddress()); peer.IsValid() {
		q.Client = accesslog.ClientBehind(peer, []byte(header("X-Forwarded-For")), h.trusted)
	}
	if h.identify != nil {
		h.identify(&q, uri, header)
	}
	return q
}

func addressOf(a *corev3.Address) netip.Addr {
	address, err := netip.ParseAddr(a.GetSocketAddress().GetAddress())
	if err != nil {
		return netip.Addr{} // of a unix socket
	}
	return address.Unmap().WithZone("")
}

// headersOf looks up headers, which come in lower case: as a map, or as they
// are where the filter sets encode_raw_headers.
func headersOf(asked *authv3.AttributeContext_HttpRequest) func(name string) string {
	if raw := asked.GetHeaderMap().GetHeaders(); len(raw) > 0 {
		return identify.Lines(func(name string) []string { return rawLines(raw, strings.ToLower(name)) })
	}
	headers := asked.GetHeaders()
	return func(name string) string { return headers[strings.ToLower(name)] }
}

func rawLines(headers []*corev3.HeaderValue, name string) (lines []string) {
	for _, h := range headers {
		switch raw := h.GetRawValue(); {
		case h.GetKey() != name:
		case len(raw) > 0:
			lines = append(lines, string(raw))
		default:
			lines = append(lines, h.GetValue())
		}
	}
	return lines
}
