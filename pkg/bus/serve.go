package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// heartbeatInterval is how often agents can compare versions.
const heartbeatInterval = time.Second

// Touch takes a decoy touch that an agent saw, and returns when it is kept
// durably. agent comes from the credential.
type Touch func(ctx context.Context, agent string, f finding.Finding) error

// greeting is the answer to an agent's first question. It goes to the agent's
// own account and nowhere else, which is why the keys are in it and not where
// several agents listen.
type greeting struct {
	Segments []string                    `json:"segments"`
	Keys     map[string][]block.MatchKey `json:"keys"` // by segment
	// Spared is nil from a service of before.
	Spared []netip.Prefix `json:"spared,omitempty"`
}

// answerTo is the answer to a request of an agent: how it went.
type answerTo struct {
	Error    string `json:"error,omitempty"`
	Sequence uint64 `json:"sequence,omitempty"`
	Offset   int64  `json:"offset,omitempty"`
	Line     int64  `json:"line,omitempty"`

	Retries []block.RetryOrder `json:"retries,omitempty"`
}

// heartbeat is what agents compare with: the version of a segment and its key
// set and, in the one that everybody gets, the number of the last retry that
// was asked for and the name of the list of whom agents spare.
type heartbeat struct {
	block.Version
	Keys    string `json:"keys,omitempty"` // see keySet
	Retries uint64 `json:"retries,omitempty"`
	Spared  string `json:"spared,omitempty"` // see sparedSet
}

// serveAgents answers agents until ctx ends. It begins once the blocklist,
// the registry and the retries have been read.
func (b *Bus) serveAgents(ctx context.Context, touch Touch) error {
	for _, loaded := range []<-chan struct{}{b.blocks.loaded, b.registry.loaded, b.retries.loaded} {
		select {
		case <-loaded:
		case <-ctx.Done():
			return nil
		}
	}
	bulk, err := b.opts.connect("honeymoat service, snapshots")
	if err != nil {
		return fmt.Errorf("connect to the bus: %w", err)
	}
	defer bulk.Close()
	g, ctx := errgroup.WithContext(ctx)
	if err := b.answerAll(ctx, g, bulk, touch); err != nil {
		g.Go(func() error { return ended(ctx, err) }) // ends the others
		return g.Wait()
	}
	g.Go(func() error { return b.beat(ctx) })
	close(b.ready)
	return g.Wait()
}

// answerAll subscribes to all that agents ask; it stands when it returns.
// Snapshots go over a connection of their own: they are large, and nothing
// waits behind them there but other snapshots.
func (b *Bus) answerAll(ctx context.Context, g *errgroup.Group, bulk *nats.Conn, touch Touch) error {
	for subject, handle := range map[string]func(context.Context, *nats.Msg){
		"hello.*":    b.greet,
		"last.*.*.*": b.tellLast,
		"report.*":   b.takeReport,
		"retries.*":  b.tellRetries,
		"retried.*":  b.takeRetried,
		"touch.*":    func(ctx context.Context, m *nats.Msg) { b.takeTouch(ctx, m, touch) },
	} {
		if err := b.answer(ctx, g, b.nc, subject, handle); err != nil {
			return err
		}
	}
	if err := b.answer(ctx, g, bulk, "snapshot.*.*", b.sendSnapshot); err != nil {
		return err
	}
	if err := b.hearDeltas(ctx, g); err != nil {
		return err
	}
	for _, nc := range []*nats.Conn{b.nc, bulk} {
		if err := nc.FlushTimeout(publishTimeout); err != nil {
			return fmt.Errorf("subscribe for agents: %w", publishError(err))
		}
	}
	return nil
}

// hearDeltas has the deltas come to a leaf node at all times. It tells the
// cluster of an agent's subscription a moment after that was made: else an
// agent could ask for its snapshot before its deltas come.
func (b *Bus) hearDeltas(ctx context.Context, g *errgroup.Group) error {
	if b.opts.Domain == "" {
		return nil
	}
	sub, err := b.nc.Subscribe("delta.>", func(*nats.Msg) {})
	if err != nil {
		return fmt.Errorf("subscribe to deltas: %w", publishError(err))
	}
	g.Go(func() error {
		<-ctx.Done()
		_ = sub.Unsubscribe() // fails only when the connection is closed
		return nil
	})
	return nil
}

// answer handles the messages of a subject in goroutines of g, those of one
// agent one after the other, until ctx ends. The subscription stands when it
// returns.
func (b *Bus) answer(ctx context.Context, g *errgroup.Group, nc *nats.Conn, subject string, handle func(context.Context, *nats.Msg)) error {
	inbox := make(chan *nats.Msg, 1<<15)
	sub, err := nc.ChanSubscribe(subject, inbox)
	if err != nil {
		return fmt.Errorf("subscribe to %s: %w", subject, publishError(err))
	}
	l := &lanes{handle: handle, overflow: b.refuse}
	g.Go(func() error {
		defer func() { _ = sub.Unsubscribe() }() // fails only when the connection is closed
		for {
			select {
			case <-ctx.Done():
				return nil
			case m := <-inbox:
				l.push(ctx, g, m)
			}
		}
	})
	return nil
}

// refuse drops what comes faster than it can be handled. It is not answered,
// which would be more work for a flood: who asks waits, and asks again.
func (b *Bus) refuse(m *nats.Msg) {
	b.metrics.flooded.Inc()
	b.log.Debug("an agent asks too much at once", "subject", m.Subject)
}

// caller is the agent that a request comes from: the second token of its
// subject, which the server has checked.
func caller(m *nats.Msg) string { return strings.Split(m.Subject, ".")[1] }

func (b *Bus) greet(_ context.Context, m *nats.Msg) {
	segments, _ := b.registry.segments(caller(m))
	b.answerJSON(m, greeting{segments, b.keysOf(segments), b.opts.Spared()})
}

func (b *Bus) tellLast(ctx context.Context, m *nats.Msg) {
	parts := strings.Split(m.Subject, ".")
	mark, err := b.lastMark(ctx, linesOrigin{parts[1], parts[2], parts[3]})
	if err != nil {
		b.answerJSON(m, answerTo{Error: err.Error()})
		return
	}
	b.answerJSON(m, answerTo{Sequence: mark.Sequence, Offset: mark.End.Offset, Line: mark.End.Line})
}

func (b *Bus) takeReport(ctx context.Context, m *nats.Msg) {
	var r block.Report
	err := json.Unmarshal(m.Data, &r)
	if err == nil {
		r.Agent = caller(m)
		err = b.registry.Report(ctx, r)
	}
	if err != nil {
		b.log.Warn("a report cannot be used", "agent", caller(m), "error", err)
	}
}

func (b *Bus) takeTouch(ctx context.Context, m *nats.Msg, touch Touch) {
	var f finding.Finding
	err := json.Unmarshal(m.Data, &f)
	if err == nil {
		err = touch(ctx, caller(m), f)
	}
	if err != nil {
		b.log.Warn("a touch could not be taken", "agent", caller(m), "error", err)
		b.answerJSON(m, answerTo{Error: err.Error()})
		return
	}
	b.answerJSON(m, answerTo{})
}

// beat tells all agents the version of each segment, so that a gap is noticed.
func (b *Bus) beat(ctx context.Context) error {
	tick := time.NewTicker(heartbeatInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			b.beatOnce()
		}
	}
}

func (b *Bus) beatOnce() {
	b.blocks.written.forget(b.blocks.board.now())
	segments := b.registry.allSegments()
	for _, s := range b.blocks.board.names() {
		segments[s] = true
	}
	for s := range segments {
		beat := heartbeat{Version: b.blocks.board.set(s).Version(), Keys: keySet(b.opts.MatchKeys(s))}
		if s == block.All {
			beat.Retries, beat.Spared = b.retries.last(), sparedSet(b.opts.Spared())
		}
		data, err := json.Marshal(beat)
		if err == nil {
			err = b.nc.Publish("heartbeat."+s, data)
		}
		if err != nil {
			b.log.Warn("no heartbeat", "segment", s, "error", err)
		}
	}
}

// Withdraw takes back an agent's provisional refusal. It may be lost: such a
// refusal ends by itself after a minute.
func (b *Bus) Withdraw(_ context.Context, agent string, id block.ID) error {
	if err := validAgent(agent); err != nil {
		return fmt.Errorf("withdraw %s: %w", id, err)
	}
	b.withdrawals.add(agent, id)
	if err := b.nc.Publish("withdraw."+agent, []byte(id.String())); err != nil {
		return fmt.Errorf("withdraw %s from agent %s: %w", id, agent, publishError(err))
	}
	return nil
}

func (b *Bus) answerJSON(m *nats.Msg, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		b.log.Error("encode an answer", "subject", m.Subject, "error", err)
		return
	}
	b.respond(m, data)
}

// respond answers a request; an error has nobody to be told to.
func (b *Bus) respond(m *nats.Msg, data []byte) {
	if err := m.Respond(data); err != nil {
		b.log.Debug("answer an agent", "subject", m.Subject, "error", err)
	}
}
