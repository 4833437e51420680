package wso2

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// portal is an API Manager, as far as the Admin REST API v4 and its token
// endpoint document it.
type portal struct {
	*httptest.Server
	mu       sync.Mutex // for all below
	policies map[string]policy
	next     int
	tokens   int
	calls    []string
	fail     int                       // status of the next answers; 0 = none
	rewrites func(value string) string // how values are kept; nil = as they came
	unknown  string                    // a value that is not taken
	// answersUnknown is the status that answers it.
	answersUnknown int
	lose           string // method whose next answer is lost after it was carried out
}

func newPortal(t *testing.T) *portal {
	t.Helper()
	p := &portal{policies: map[string]policy{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /oauth2/token", p.token)
	mux.HandleFunc("GET /api/am/admin/v4/throttling/deny-policies", p.list)
	mux.HandleFunc("POST /api/am/admin/v4/throttling/deny-policies", p.create)
	mux.HandleFunc("DELETE /api/am/admin/v4/throttling/deny-policy/{id}", p.remove)
	mux.HandleFunc("PATCH /api/am/admin/v4/throttling/deny-policy/{id}", p.patch)
	p.Server = httptest.NewServer(p.guard(mux))
	t.Cleanup(p.Close)
	return p
}

func (p *portal) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.calls = append(p.calls, r.Method)
		switch {
		case p.fail != 0:
			http.Error(w, "as asked", p.fail)
		case !strings.HasPrefix(r.URL.Path, "/oauth2/") && r.Header.Get("Authorization") != fmt.Sprintf("Bearer token-%d", p.tokens):
			http.Error(w, "no token", http.StatusUnauthorized)
		default:
			next.ServeHTTP(w, r)
			if p.lose == r.Method {
				p.lose = ""
				panic(http.ErrAbortHandler)
			}
		}
	})
}

func (p *portal) token(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	if id != "client" || secret != "secret" || r.FormValue("grant_type") != "password" || r.FormValue("username") != "soc" {
		http.Error(w, "who?", http.StatusUnauthorized)
		return
	}
	p.tokens++
	answer(w, http.StatusOK, map[string]any{"access_token": fmt.Sprintf("token-%d", p.tokens), "token_type": "Bearer", "expires_in": 3600})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func (p *portal) list(w http.ResponseWriter, _ *http.Request) {
	all := []policy{}
	for _, q := range p.policies {
		all = append(all, q)
	}
	answer(w, http.StatusOK, map[string]any{"count": len(all), "list": all})
}

func (p *portal) create(w http.ResponseWriter, r *http.Request) {
	var q policy
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if p.unknown != "" && string(q.Value) == p.unknown {
		http.Error(w, "no such thing", p.answersUnknown)
		return
	}
	if p.rewrites != nil {
		q.Value = json.RawMessage(p.rewrites(string(q.Value)))
	}
	for _, other := range p.policies {
		if other.Type == q.Type && string(other.Value) == string(q.Value) {
			answer(w, http.StatusConflict, map[string]any{"code": 409})
			return
		}
	}
	q.ID = p.add(q.Type, string(q.Value))
	answer(w, http.StatusCreated, q)
}

// add makes a policy as a person does in the portal. The caller holds mu, or
// nothing runs yet.
func (p *portal) add(k kind, value string) string {
	p.next++
	on := true
	id := fmt.Sprintf("policy-%d", p.next)
	p.policies[id] = policy{ID: id, Type: k, Value: json.RawMessage(value), Status: &on}
	return id
}

func (p *portal) remove(w http.ResponseWriter, r *http.Request) {
	if _, ok := p.policies[r.PathValue("id")]; !ok {
		http.NotFound(w, r)
		return
	}
	delete(p.policies, r.PathValue("id"))
}

func (p *portal) patch(w http.ResponseWriter, r *http.Request) {
	q, ok := p.policies[r.PathValue("id")]
	if !ok || json.NewDecoder(r.Body).Decode(&struct {
		Status **bool `json:"conditionStatus"`
	}{&q.Status}) != nil {
		http.NotFound(w, r)
		return
	}
	p.policies[q.ID] = q
	answer(w, http.StatusOK, q)
}

// denied tells what is denied, by those that are switched on.
func (p *portal) denied() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	denied := map[string]int{}
	for _, q := range p.policies {
		if !q.off() {
			denied[string(q.Type)+" "+string(q.Value)]++
		}
	}
	return denied
}

// broker is a traffic manager's broker, as far as AMQP 0-9-1 asks for it to
// take a message: it holds what its gateways would deny.
type broker struct {
	l  net.Listener
	wg sync.WaitGroup

	mu     sync.Mutex // for all below
	conns  map[net.Conn]bool
	denied map[string]string // by id
	heard  int
	errs   []error
}

func newBroker(t *testing.T) *broker {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &broker{l: l, conns: map[net.Conn]bool{}, denied: map[string]string{}}
	b.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			b.mu.Lock()
			b.conns[c] = true
			b.mu.Unlock()
			b.wg.Go(func() { b.serve(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		b.cut()
		b.wg.Wait()
	})
	return b
}

func (b *broker) url() string { return "amqp://" + b.l.Addr().String() + "/carbon" }

// cut ends all connections.
func (b *broker) cut() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for c := range b.conns {
		_ = c.Close()
	}
	clear(b.conns)
}

// forget is what gateways do when they restart.
func (b *broker) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.denied)
}

func (b *broker) values() map[string]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	values := map[string]int{}
	for _, v := range b.denied {
		values[v]++
	}
	return values
}

// Frame types, and methods as class<<16 | method.
const (
	frameMethod = 1
	frameHeader = 2
	frameBody   = 3

	connectionStart   = 10<<16 | 10
	connectionStartOK = 10<<16 | 11
	connectionTune    = 10<<16 | 30
	connectionTuneOK  = 10<<16 | 31
	connectionOpen    = 10<<16 | 40
	connectionOpenOK  = 10<<16 | 41
	connectionClose   = 10<<16 | 50
	connectionCloseOK = 10<<16 | 51
	channelOpen       = 20<<16 | 10
	channelOpenOK     = 20<<16 | 11
	basicPublish      = 60<<16 | 40
)

func send(w io.Writer, channel uint16, method uint32, args ...byte) {
	payload := append(binary.BigEndian.AppendUint32(nil, method), args...)
	frame := binary.BigEndian.AppendUint16([]byte{frameMethod}, channel)
	frame = binary.BigEndian.AppendUint32(frame, uint32(len(payload)))
	_, _ = w.Write(append(append(frame, payload...), 0xCE))
}

func longString(s string) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(s))), s...)
}

func (b *broker) serve(c net.Conn) {
	r := bufio.NewReader(c)
	if _, err := io.ReadFull(r, make([]byte, len("AMQP\x00\x00\x09\x01"))); err != nil {
		return
	}
	start := append([]byte{0, 9}, longString("")...)
	send(c, 0, connectionStart, append(append(start, longString("PLAIN")...), longString("en_US")...)...)
	route := ""
	for {
		head := make([]byte, 7)
		if _, err := io.ReadFull(r, head); err != nil {
			return
		}
		channel, payload := binary.BigEndian.Uint16(head[1:]), make([]byte, binary.BigEndian.Uint32(head[3:])+1)
		if _, err := io.ReadFull(r, payload); err != nil {
			return
		}
		switch payload = payload[:len(payload)-1]; head[0] {
		case frameMethod:
			if at := b.method(c, channel, payload); at != "" {
				route = at
			}
		case frameBody:
			b.take(route, payload)
		}
	}
}

// method answers a method, and gives where a message that follows goes.
func (b *broker) method(c net.Conn, channel uint16, payload []byte) (route string) {
	switch binary.BigEndian.Uint32(payload) {
	case connectionStartOK:
		if !bytes.Contains(payload, []byte("\x00soc\x00secret")) {
			_ = c.Close()
		}
		send(c, 0, connectionTune, 0, 16, 0, 2, 0, 0, 0, 0) // 16 channels, frames of 128 KiB, no heartbeat
	case connectionOpen:
		send(c, 0, connectionOpenOK, 0)
	case connectionClose:
		send(c, 0, connectionCloseOK)
	case channelOpen:
		send(c, channel, channelOpenOK, 0, 0, 0, 0)
	case basicPublish:
		exchange := payload[7 : 7+int(payload[6])]
		rest := payload[7+len(exchange):]
		return string(exchange) + " " + string(rest[1:1+int(rest[0])])
	}
	return ""
}

func (b *broker) take(route string, body []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var m struct {
		Event struct {
			PayloadData map[string]any `json:"payloadData"`
		} `json:"event"`
	}
	if err := json.Unmarshal(body, &m); err != nil || route != "amq.topic throttleData" {
		b.errs = append(b.errs, fmt.Errorf("%s: %w: %s", route, err, body))
		return
	}
	p := m.Event.PayloadData
	b.heard++
	id := fmt.Sprint(p["tenantDomain"], " ", p["id"])
	if p["state"] == "true" {
		b.denied[id] = fmt.Sprint(p["blockingCondition"], " ", p["conditionValue"])
	} else {
		delete(b.denied, id)
	}
}
