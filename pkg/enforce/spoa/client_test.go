package spoa

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/honeymoat/honeymoat/pkg/block"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// decider refuses by client and remembers what it was asked.
type decider struct {
	verdicts map[string]block.Verdict

	mu    sync.Mutex
	asked []block.Request
}

func (d *decider) Decide(r *block.Request) block.Verdict {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, *r)
	return d.verdicts[r.Client.String()]
}

func (d *decider) last() block.Request {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.asked[len(d.asked)-1]
}

func deny(id block.ID, terms *block.Terms) block.Verdict {
	return block.Verdict{Refused: true, Decision: block.Decision{ID: id, Action: block.Deny, Terms: terms, Found: true}}
}

func newHandler(t testing.TB, o Options) *Handler {
	t.Helper()
	if o.Decider == nil {
		o.Decider = &decider{verdicts: map[string]block.Verdict{"192.0.2.7": deny(7, nil)}}
	}
	h, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// serve answers on a socket until the returned function is called, and fails
// the test when serving does.
func serve(t testing.TB, h *Handler) (address string, stop func()) {
	t.Helper()
	address = filepath.Join(t.TempDir(), "spoa.sock")
	l, err := net.Listen("unix", address)
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
	return address, stop
}

// haproxy is HAProxy's side of a connection.
type haproxy struct {
	t    testing.TB
	conn net.Conn
	in   *bufio.Reader
}

func dial(t testing.TB, address string) *haproxy {
	t.Helper()
	conn, err := net.Dial("unix", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return &haproxy{t: t, conn: conn, in: bufio.NewReader(conn)}
}

func (h *haproxy) send(data []byte) {
	h.t.Helper()
	if _, err := h.conn.Write(data); err != nil {
		h.t.Fatal(err)
	}
}

func (h *haproxy) read() frame {
	h.t.Helper()
	f, _, err := readFrame(h.in, nil, maxFrameSize)
	if err != nil {
		h.t.Fatal(err)
	}
	return f
}

// greeted sends a hello and takes the answer.
func (h *haproxy) greeted() *haproxy {
	h.t.Helper()
	h.send(helloOf("2.0", 16380, false))
	if f := h.read(); f.kind != agentHello {
		h.t.Fatalf("frame %d for a hello", f.kind)
	}
	return h
}

// ask sends a question and gives the variables of its answer.
func (h *haproxy) ask(id uint64, args ...arg) map[string]string {
	h.t.Helper()
	h.send(notifyOf(1, id, args...))
	f := h.read()
	if f.kind != agentAck || f.stream != 1 || f.id != id {
		h.t.Fatalf("frame %d of %d/%d", f.kind, f.stream, f.id)
	}
	return h.variables(f)
}

func (h *haproxy) variables(f frame) map[string]string {
	h.t.Helper()
	set := map[string]string{}
	for r := &f.body; r.rest != ""; {
		if head := r.take(3); head != string([]byte{setVariable, 3, ofTxn}) {
			h.t.Fatalf("action %q", head)
		}
		name, v := r.named()
		set[name] = v.text
		if r.bad {
			h.t.Fatal("the answer is cut")
		}
	}
	return set
}

func (h *haproxy) status(f frame) uint64 {
	h.t.Helper()
	if f.kind != agentDisconnect {
		h.t.Fatalf("frame %d where a disconnect was due", f.kind)
	}
	name, v := f.body.named()
	if name != "status-code" {
		h.t.Fatalf("%s in a disconnect", name)
	}
	return v.number
}

// arg is an argument of a message.
type arg struct {
	name  string
	value any
}

func appendArg(dst []byte, a arg) []byte {
	dst = appendText(dst, a.name)
	switch v := a.value.(type) {
	case nil:
		return append(dst, typeNull)
	case string:
		return appendTextValue(dst, v)
	case netip.Addr:
		kind := byte(typeIPv6)
		if v.Is4() {
			kind = typeIPv4
		}
		return append(append(dst, kind), v.AsSlice()...)
	case uint32:
		return appendNumber(dst, v)
	case bool:
		if v {
			return append(dst, typeBool|boolTrue)
		}
		return append(dst, typeBool)
	}
	panic(fmt.Sprintf("no such argument: %T", a.value))
}

func notifyOf(stream, id uint64, args ...arg) []byte {
	dst := beginFrame(nil, notify, stream, id)
	dst = append(appendText(dst, "check"), byte(len(args)))
	for _, a := range args {
		dst = appendArg(dst, a)
	}
	return endFrame(dst, 0)
}

func helloOf(versions string, size uint32, check bool) []byte {
	dst := beginFrame(nil, haproxyHello, 0, 0)
	for _, a := range []arg{
		{"supported-versions", versions}, {"max-frame-size", size}, {"capabilities", "pipelining,async"},
		{"engine-id", "00-11"}, {"healthcheck", check},
	} {
		dst = appendArg(dst, a)
	}
	return endFrame(dst, 0)
}

// quick passes everybody.
type quick struct{}

func (quick) Decide(*block.Request) block.Verdict { return block.Verdict{} }
