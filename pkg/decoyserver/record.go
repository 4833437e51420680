package decoyserver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/honeymoat/honeymoat/pkg/decoy"
)

// The headers by which a gateway hands a request over. They are believed from
// trusted peers only.
const (
	methodHeader    = "X-Original-Method"
	uriHeader       = "X-Original-Uri"
	hostHeader      = "X-Original-Host"
	clientHeader    = "X-Client-Address"
	requestIDHeader = "X-Request-Id"
)

// maxLogged bounds each text of a line, in bytes: whoever asks chooses it.
const maxLogged = 4096

// record is one line of the decoy log. Keys and units are those of the
// documented log format; what is unknown is left out.
type record struct {
	Time          string `json:"time"` // RFC 3339, UTC
	Peer          string `json:"peer,omitempty"`
	Client        string `json:"client,omitempty"`
	ForwardedFor  string `json:"forwarded_for,omitempty"`
	Method        string `json:"method"`
	Host          string `json:"host,omitempty"`
	URI           string `json:"uri"`
	Protocol      string `json:"protocol,omitempty"`
	Status        int    `json:"status"`
	RequestBytes  *int64 `json:"request_bytes,omitempty"`
	ResponseBytes int    `json:"response_bytes"`
	UserAgent     string `json:"user_agent,omitempty"`
	Referer       string `json:"referer,omitempty"`
	ContentType   string `json:"content_type,omitempty"`
	RequestID     string `json:"request_id,omitempty"`
	Decoy         string `json:"decoy"`
}

// request is what is known about a request, by itself or by the gateway that
// handed it over.
type request struct {
	peer, client          netip.Addr // invalid when unknown
	method, host, uri, id string
}

// read finds out who asked for what. Only a trusted peer may speak for others.
func read(r *http.Request, trusted func(netip.Addr) bool) request {
	q := request{peer: peerOf(r.RemoteAddr), method: r.Method, host: r.Host, uri: r.RequestURI}
	q.client = q.peer
	if q.peer.IsValid() && !q.peer.IsLoopback() && !trusted(q.peer) {
		return q
	}
	replace(&q.method, r.Header.Get(methodHeader))
	replace(&q.host, r.Header.Get(hostHeader))
	replace(&q.uri, r.Header.Get(uriHeader))
	q.id = r.Header.Get(requestIDHeader)
	if a, err := netip.ParseAddr(r.Header.Get(clientHeader)); err == nil {
		q.client = a.Unmap().WithZone("")
	}
	return q
}

func replace(s *string, with string) {
	if with != "" {
		*s = with
	}
}

// peerOf is invalid for a unix socket.
func peerOf(remote string) netip.Addr {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap().WithZone("")
}

// line writes the record of an answered request, newline included.
func (q *request) line(r *http.Request, d *decoy.Decoy, at time.Time) ([]byte, error) {
	v := record{
		Time: at.UTC().Format(time.RFC3339Nano), Peer: text(q.peer), Client: text(q.client),
		ForwardedFor: clip(r.Header.Get("X-Forwarded-For")),
		Method:       clip(q.method), Host: clip(q.host), URI: clip(q.uri), Protocol: r.Proto,
		Status: d.Response.Status, ResponseBytes: len(d.Response.Body),
		UserAgent: clip(r.UserAgent()), Referer: clip(r.Referer()),
		ContentType: clip(r.Header.Get("Content-Type")), RequestID: clip(q.id), Decoy: d.ID,
	}
	if r.ContentLength >= 0 {
		v.RequestBytes = &r.ContentLength
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode a line of the decoy log: %w", err)
	}
	return out.Bytes(), nil
}

func text(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

func clip(s string) string { return s[:min(len(s), maxLogged)] }
