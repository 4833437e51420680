package httplink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

const (
	// silence is how long nothing may come: there is a heartbeat each second.
	silence    = 5 * time.Second
	minBackoff = 100 * time.Millisecond
	maxBackoff = 10 * time.Second
)

var (
	errSilent = errors.New("nothing came for 5 s, not even a heartbeat")
	errStale  = errors.New("a change was missed")
)

// Holder is a follower that knows what it holds, so that a stream goes on
// where it broke. The link asks it while no stream is up.
type Holder interface {
	block.Follower
	// Versions tells which version of each segment is held.
	Versions() map[string]block.Version
}

// Follow implements the agent's link. A follower that is no Holder gets a
// snapshot at each connection.
func (l *Link) Follow(ctx context.Context, f block.Follower) error {
	backoff, query := minBackoff, have(f)
	for {
		linked, err := l.stream(ctx, f, query)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.Is(err, ErrRefused) {
			return err
		}
		f.Lost(err)
		l.log.Debug("the stream of changes broke", "error", err)
		if linked {
			backoff = minBackoff
		}
		query = ""
		if !errors.Is(err, block.ErrCorrupt) { // else it waits for a snapshot that can be read
			query = have(f)
		}
		if !pause(ctx, jitter(backoff)) {
			return ctx.Err()
		}
		backoff = min(2*backoff, maxBackoff)
	}
}

// stream follows one connection to its end. It tells whether it ever came up.
func (l *Link) stream(ctx context.Context, f block.Follower, query string) (linked bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(connectTimeout+silence, func() { cancel(errSilent) })
	defer watchdog.Stop()
	resp, err := l.send(ctx, http.MethodGet, "/stream"+query, http.Header{"Accept": {"text/event-stream"}}, nil)
	if err != nil {
		return false, err
	}
	defer func() { _ = resp.Body.Close() }()
	events := newEventReader(resp.Body)
	for {
		watchdog.Reset(silence)
		name, data, err := events.next()
		if err != nil {
			return linked, because(ctx, err)
		}
		watchdog.Stop() // loading a large set may take its time
		if err := deliver(f, name, data); err != nil {
			return linked, err
		}
		linked = true
	}
}

// because prefers the reason for which we ended the connection ourselves.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

func have(f block.Follower) string {
	h, ok := f.(Holder)
	if !ok {
		return ""
	}
	return "?" + url.Values{"have": {block.FormatHave(h.Versions())}}.Encode()
}

// deliver hands an event to the follower. Unknown events are for later agents.
func deliver(f block.Follower, name string, data []byte) error {
	switch name {
	case block.EventHello:
		return read(name, data, func(v block.Hello) error { f.Linked(v.Segments); return nil })
	case block.EventKeys:
		return read(name, data, func(v block.SegmentKeys) error { f.Keys(v.Segment, v.Keys); return nil })
	case block.EventSnapshot:
		return read(name, data, func(v block.SegmentSnapshot) error {
			f.Expect(v.Segment)
			return f.Load(v.Segment, v.Data)
		})
	case block.EventDelta:
		return read(name, data, func(v block.SegmentDelta) error { f.Apply(v.Segment, v.Delta); return nil })
	case block.EventHeartbeat:
		return read(name, data, func(v block.SegmentHeartbeat) error {
			if f.Heartbeat(v.Segment, v.Version) {
				return fmt.Errorf("%w in segment %s", errStale, v.Segment)
			}
			return nil
		})
	case block.EventRetries:
		return read(name, data, func(v block.RetriesAsked) error {
			if h, ok := f.(block.RetryHearer); ok {
				h.RetriesAsked(v.Last)
			}
			return nil
		})
	case block.EventSpared:
		return read(name, data, func(v block.Spared) error {
			if h, ok := f.(block.SparedHearer); ok {
				h.Spared(v.Prefixes)
			}
			return nil
		})
	case block.EventWithdraw:
		return read(name, data, func(v block.Withdrawal) error { f.Withdraw(v.ID); return nil })
	}
	return nil
}

func read[T any](name string, data []byte, use func(T) error) error {
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		return fmt.Errorf("read event %s: %w", name, err)
	}
	return use(v)
}

// jitter spreads agents that lost the service at the same moment.
func jitter(d time.Duration) time.Duration { return d/2 + rand.N(d) }

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
