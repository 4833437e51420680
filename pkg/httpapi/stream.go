package httpapi

import (
	"bufio"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// streamBuffer is how much is written at once, in bytes. A reader has to take
// that much within Options.SlowReader.
const streamBuffer = 64 << 10

// stream is the blocklist as server-sent events, for as long as the agent
// listens. Nothing is queued here: the feed waits while the agent takes what
// was written, and gives it afterwards what it missed. An agent that takes
// nothing is cut off, and comes back with what it has.
func (s *Server) stream(x *exchange) error {
	p := newParams(x.Request.URL)
	have := read(p, "have", block.ParseHave)
	if err := p.err(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(x.Request.Context())
	defer cancel(nil)
	defer context.AfterFunc(s.streams, func() { cancel(errStopping) })()
	x.stream = true
	s.metrics.streams.Inc()
	defer s.metrics.streams.Dec()

	w := newEventWriter(x.Writer, s.options.SlowReader, cancel)
	if err := w.begin(); err != nil {
		return err
	}
	err := s.options.Feed.Follow(ctx, x.agent.Name, have, w)
	s.ended(x, cmp.Or(w.failed, errors.Join(err, context.Cause(ctx))))
	return nil
}

var (
	errStopping = errors.New("the service is stopping")
	errLost     = errors.New("the bus is away")
	errSlow     = errors.New("the reader took nothing for too long")
)

// ended notes why a stream came to its end.
func (s *Server) ended(x *exchange, err error) {
	x.err = err
	if errors.Is(err, errSlow) {
		s.metrics.cut.Inc()
		s.options.Log.Warn("an agent's stream was cut off", "request", x.id, "agent", x.agent.Name, "after", s.options.SlowReader, "error", err)
	}
}

// eventWriter writes what a feed delivers as server-sent events. It is used
// by one goroutine at a time.
type eventWriter struct {
	control  *http.ResponseController
	header   http.Header
	out      *bufio.Writer
	patience time.Duration
	cancel   context.CancelCauseFunc // ends the stream
	// failed is why: net/http cancels the request by itself when a write
	// fails, and does not tell the reason.
	failed error
}

func newEventWriter(w http.ResponseWriter, patience time.Duration, cancel context.CancelCauseFunc) *eventWriter {
	e := &eventWriter{
		control: http.NewResponseController(w), header: w.Header(), patience: patience, cancel: cancel,
	}
	e.out = bufio.NewWriterSize(patient{w, e}, streamBuffer)
	return e
}

// patient gives each write its own deadline.
type patient struct {
	w io.Writer
	e *eventWriter
}

func (p patient) Write(data []byte) (int, error) {
	if err := p.e.extend(); err != nil {
		return 0, err
	}
	begin := time.Now()
	n, err := p.w.Write(data)
	if err != nil && time.Since(begin) >= p.e.patience {
		err = fmt.Errorf("%w: %w", errSlow, err)
	}
	return n, err
}

// extend gives the reader its time again. A writer without deadlines, which
// only a test has, is as good.
func (e *eventWriter) extend() error {
	err := e.control.SetWriteDeadline(time.Now().Add(e.patience))
	if errors.Is(err, http.ErrNotSupported) {
		return nil
	}
	return err
}

// begin sends the header. The body that the server waits for has been read,
// so its deadline goes, or it would end the stream.
func (e *eventWriter) begin() error {
	if err := e.control.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("begin a stream: %w", err)
	}
	e.header.Set("Content-Type", "text/event-stream")
	e.header.Set("X-Accel-Buffering", "no") // proxies are to pass events on at once
	_, _ = e.out.WriteString(": honeymoat\n\n")
	return e.flush()
}

// Linked implements block.Follower.
func (e *eventWriter) Linked(segments []string) {
	e.send(block.EventHello, block.Hello{Segments: segments})
}

// Lost implements block.Follower. The agent sees a connection that ends,
// which is what it is: nothing comes any more.
func (e *eventWriter) Lost(reason error) { e.fail(fmt.Errorf("%w: %w", errLost, reason)) }

func (e *eventWriter) fail(err error) {
	if e.failed == nil {
		e.failed = err
	}
	e.cancel(err)
}

// Keys implements block.Follower.
func (e *eventWriter) Keys(segment string, keys []block.MatchKey) {
	e.send(block.EventKeys, block.SegmentKeys{Segment: segment, Keys: keys})
}

// Expect implements block.Follower: the agent expects a snapshot when it sees
// one.
func (e *eventWriter) Expect(string) {}

// Load implements block.Follower.
func (e *eventWriter) Load(segment string, snapshot []byte) error {
	// Written piece by piece: as JSON in memory, a million blocks would take
	// 100 MB for each agent that comes back. A segment's name needs no escapes.
	_, _ = fmt.Fprintf(e.out, "event: %s\ndata: {\"segment\":%q,\"data\":\"", block.EventSnapshot, segment)
	encoder := base64.NewEncoder(base64.StdEncoding, e.out)
	_, _ = encoder.Write(snapshot)
	_ = encoder.Close()
	_, _ = e.out.WriteString("\"}\n\n")
	return e.flush()
}

// Apply implements block.Follower.
func (e *eventWriter) Apply(segment string, d block.Delta) {
	e.send(block.EventDelta, block.SegmentDelta{Segment: segment, Delta: d})
}

// Heartbeat implements block.Follower. The agent compares, and comes back
// when it is stale.
func (e *eventWriter) Heartbeat(segment string, original block.Version) (stale bool) {
	e.send(block.EventHeartbeat, block.SegmentHeartbeat{Segment: segment, Version: original})
	return false
}

// Spared implements block.SparedHearer.
func (e *eventWriter) Spared(prefixes []netip.Prefix) {
	e.send(block.EventSpared, block.Spared{Prefixes: prefixes})
}

// RetriesAsked implements block.RetryHearer.
func (e *eventWriter) RetriesAsked(last uint64) {
	e.send(block.EventRetries, block.RetriesAsked{Last: last})
}

// Withdraw implements block.Follower.
func (e *eventWriter) Withdraw(id block.ID) {
	e.send(block.EventWithdraw, block.Withdrawal{ID: id})
}

func (e *eventWriter) send(event string, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		e.fail(fmt.Errorf("write a %s event: %w", event, err))
		return
	}
	_, _ = fmt.Fprintf(e.out, "event: %s\ndata: %s\n\n", event, data)
	_ = e.flush()
}

// flush sends what was written and ends the stream when that fails: errors of
// the writes before stay in the buffer until here.
func (e *eventWriter) flush() error {
	err := e.out.Flush()
	if err == nil {
		err = e.control.Flush()
	}
	if err != nil {
		err = fmt.Errorf("write to the stream: %w", err)
		e.fail(err)
	}
	return err
}
