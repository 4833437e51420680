package receive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/ingest"
	"github.com/honeymoat/honeymoat/pkg/ingest/ingesttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// desk is an inbox at work, and a receiver that pushes into it.
type desk struct {
	testing.TB
	bus    ingesttest.Bus
	inbox  *ingest.Inbox
	syslog *Syslog
}

func newDesk(t testing.TB, change ...func(*Options)) *desk {
	t.Helper()
	d := &desk{TB: t}
	var err error
	d.inbox, err = ingest.NewInbox(ingest.InboxOptions{}, []ingest.Source{{Name: "edge", Log: accesslog.Options{Format: "combined"}}}, &d.bus, quiet())
	if err != nil {
		t.Fatal(err)
	}
	d.start(func(ctx context.Context) error {
		if err := d.inbox.Run(ctx); !errors.Is(err, context.Canceled) {
			return err
		}
		return nil
	})
	o := Options{Source: "edge", Inbox: d.inbox, Log: quiet()}
	for _, f := range change {
		f(&o)
	}
	d.syslog = NewSyslog(o)
	return d
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// start runs something until the test or stop ends it.
func (d *desk) start(run func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			d.Error(err)
		}
	})
	d.Cleanup(stop)
	return stop
}

// packets takes messages by UDP and gives a connection to send them.
func (d *desk) packets() net.Conn {
	d.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		d.Fatal(err)
	}
	d.start(func(ctx context.Context) error { return d.syslog.ServePackets(ctx, conn) })
	return d.dial("udp", conn.LocalAddr())
}

// streams takes messages by TCP and tells where.
func (d *desk) streams() net.Addr {
	d.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		d.Fatal(err)
	}
	d.start(func(ctx context.Context) error { return d.syslog.ServeStreams(ctx, l) })
	return l.Addr()
}

func (d *desk) dial(network string, address net.Addr) net.Conn {
	d.Helper()
	conn, err := net.Dial(network, address.String())
	if err != nil {
		d.Fatal(err)
	}
	d.Cleanup(func() { _ = conn.Close() })
	return conn
}

func (d *desk) write(conn io.Writer, text string) {
	d.Helper()
	if _, err := io.WriteString(conn, text); err != nil {
		d.Fatal(err)
	}
}

// eventually polls until ok.
func (d *desk) eventually(what string, ok func() bool) {
	d.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); <-time.After(time.Millisecond) {
		if time.Now().After(deadline) {
			d.Fatalf("never happened: %s; %+v", what, d.inbox.Stats())
		}
	}
}

// arrive waits for the n lines /0, /1 and so on, once each and no others.
func (d *desk) arrive(n int) {
	d.Helper()
	d.eventually(fmt.Sprintf("%d records", n), func() bool { return d.bus.Len() >= n })
	paths := d.bus.Paths()
	for i := range n {
		if paths[fmt.Sprintf("/%d", i)] != 1 {
			d.Errorf("line %d is there %d times", i, paths[fmt.Sprintf("/%d", i)])
		}
	}
	if d.bus.Len() != n {
		d.Errorf("%d records, want %d", d.bus.Len(), n)
	}
}

func line(n int) string { return ingesttest.Line(fmt.Sprintf("/%d", n)) }

// dressed is the n-th line in one of the forms in which senders write it.
func dressed(n int) string {
	forms := []string{
		"<190>Nov 21 17:19:37 edge nginx: %s", "<134>Nov 21 17:19:37 haproxy[815]: %s",
		"<134>1 2026-11-21T17:19:37Z edge haproxy 815 - - \xef\xbb\xbf%s", "%s", "<13>Nov 21 17:19:37 edge nginx: %s\x00",
	}
	return fmt.Sprintf(forms[n%len(forms)], line(n))
}

func TestPackets(t *testing.T) {
	d := newDesk(t)
	conn := d.packets()
	n := 0
	for range 10 {
		for range 30 {
			d.write(conn, dressed(n))
			n++
		}
		d.arrive(n)
	}
	d.write(conn, "\n")
	d.write(conn, "<13>Nov 21 17:19:37 edge nginx: garbage")
	d.eventually("the garbage is quarantined", func() bool { return d.bus.Len() == n+1 })
	if dropped := d.inbox.Stats().Sources["edge"].Dropped; dropped != 0 {
		t.Errorf("%d dropped", dropped)
	}
}

// TestPacketsThatCannotWait: what is not stored is counted, by us or by the
// kernel.
func TestPacketsThatCannotWait(t *testing.T) {
	d := newDesk(t)
	hold := make(chan struct{})
	d.bus.Fail = func(int) ingesttest.Fault { <-hold; return ingesttest.None }
	conn := d.packets()
	sent := 0
	send := func() {
		d.write(conn, strings.Repeat("x", 50_000))
		sent++
	}
	dropped := func() int { return int(d.inbox.Stats().Sources["edge"].Dropped) }
	d.eventually("something is dropped", func() bool { send(); return dropped() > 0 })
	close(hold)
	d.eventually("all are accounted for", func() bool {
		if d.bus.Len()+dropped() == sent {
			return true
		}
		send() // the kernel tells of its losses with what comes next
		<-time.After(20 * time.Millisecond)
		return d.bus.Len()+dropped() == sent
	})
}

func TestStreams(t *testing.T) {
	d := newDesk(t)
	address := d.streams()
	lines, mixed := d.dial("tcp", address), d.dial("tcp", address)
	n := 0
	for range 10 {
		for range 100 {
			d.write(lines, strings.TrimSuffix(dressed(n), "\x00")+"\n")
			n++
		}
		for range 20 {
			d.write(mixed, counted("<13>Nov 21 17:19:37 edge nginx: "+line(n)))
			n++
		}
		d.arrive(n)
	}
	d.write(lines, dressed(n))
	if err := lines.Close(); err != nil {
		t.Fatal(err)
	}
	d.arrive(n + 1) // its line end is missing
}

// TestSendersWaitForTheBus: nothing is read of a stream while its messages
// wait, and nothing is lost.
func TestSendersWaitForTheBus(t *testing.T) {
	d := newDesk(t)
	hold := make(chan struct{})
	d.bus.Fail = func(int) ingesttest.Fault { <-hold; return ingesttest.None }
	conn := d.dial("tcp", d.streams())
	n := 0
	for waits := false; !waits; n++ {
		text := "<13>" + line(n) + "\n"
		if err := conn.SetWriteDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		written, err := io.WriteString(conn, text)
		if waits = err != nil; waits {
			close(hold)
			if err := conn.SetWriteDeadline(time.Time{}); err != nil {
				t.Fatal(err)
			}
			d.write(conn, text[written:])
		}
	}
	d.arrive(n)
}

// TestWhatTheKernelHoldsIsTakenAtTheEnd: a sender takes for delivered what it
// could write.
func TestWhatTheKernelHoldsIsTakenAtTheEnd(t *testing.T) {
	d := newDesk(t, func(o *Options) { o.Grace = time.Minute })
	hold := make(chan struct{})
	d.bus.Fail = func(int) ingesttest.Fault { <-hold; return ingesttest.None }
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- d.syslog.ServeStreams(ctx, l) }()
	conn := d.dial("tcp", l.Addr())
	d.write(conn, line(0)+"\n")
	d.eventually("the first waits for the bus", func() bool { return d.inbox.Stats().Sources["edge"].Received == 1 })
	const n = 2000 // more than one read takes
	for i := 1; i < n; i++ {
		d.write(conn, line(i)+"\n")
	}
	cancel()
	d.eventually("nobody listens any more", func() bool {
		other, err := net.Dial("tcp", l.Addr().String())
		if err == nil {
			_ = other.Close()
		}
		return err != nil
	})
	close(hold)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	d.arrive(n)
}

func TestConnectionsAreBounded(t *testing.T) {
	d := newDesk(t, func(o *Options) { o.Connections = 1; o.Idle = 20 * time.Millisecond })
	address := d.streams()
	idle := d.dial("tcp", address)
	if _, err := idle.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("an idle connection: %v", err)
	}
	d.eventually("there is room again", func() bool {
		conn, err := net.Dial("tcp", address.String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		d.write(conn, "<13>"+line(0)+"\n")
		return d.bus.Len() > 0
	})
}

func TestTooManyConnections(t *testing.T) {
	d := newDesk(t, func(o *Options) { o.Connections = 1 })
	address := d.streams()
	first := d.dial("tcp", address)
	d.write(first, "<13>"+line(0)+"\n")
	d.arrive(1)
	second := d.dial("tcp", address)
	if n, err := second.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("a second connection reads %d, %v", n, err)
	}
	d.write(first, "<13>"+line(1)+"\n")
	d.arrive(2)
}

func TestStreamThatIsNotUnderstood(t *testing.T) {
	d := newDesk(t)
	conn := d.dial("tcp", d.streams())
	d.write(conn, "<13>"+line(0)+"\n2000000 <13>")
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("the connection stays")
	}
	d.arrive(1)
	if n := d.inbox.Stats().Sources["edge"].Dropped; n != 1 {
		t.Errorf("%d dropped", n)
	}
}

func TestRunTellsWhatToChange(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		d := newDesk(t, func(o *Options) { o.Network, o.Address = network, "127.0.0.1:99999" })
		if err := d.syslog.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "source edge") || !strings.Contains(err.Error(), "sources") {
			t.Errorf("%v", err)
		}
		again := newDesk(t, func(o *Options) { o.Network, o.Address = network, "127.0.0.1:0" })
		for range 2 {
			again.start(again.syslog.Run)()
		}
	}
}

func TestLines(t *testing.T) {
	d := newDesk(t)
	in, out := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- Lines(t.Context(), in, "edge", d.inbox) }()
	for n := range 500 {
		d.write(out, line(n)+"\n")
	}
	d.write(out, line(500))
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	d.arrive(501)

	ctx, cancel := context.WithCancel(t.Context())
	in, _ = io.Pipe()
	go func() { done <- Lines(ctx, in, "edge", d.inbox) }()
	cancel()
	if err := <-done; err != nil {
		t.Errorf("an end in order: %v", err)
	}
	in, out = io.Pipe()
	if err := out.CloseWithError(errors.New("broken pipe")); err != nil {
		t.Fatal(err)
	}
	if err := Lines(t.Context(), in, "edge", d.inbox); err == nil || !strings.Contains(err.Error(), "broken pipe") {
		t.Errorf("%v", err)
	}
	if err := Lines(t.Context(), io.NopCloser(strings.NewReader("x\n")), "nobody", d.inbox); !errors.Is(err, ingest.ErrNoSource) {
		t.Errorf("%v", err)
	}
	d.arrive(501)
}

func TestManyShortLines(t *testing.T) {
	d := newDesk(t)
	text := strings.Repeat("x\n", ingest.MaxRecords+10)
	if err := Lines(t.Context(), io.NopCloser(strings.NewReader(text)), "edge", d.inbox); err != nil {
		t.Fatal(err)
	}
	if d.bus.Len() != ingest.MaxRecords+10 {
		t.Errorf("%d records", d.bus.Len())
	}
}
