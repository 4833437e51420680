package bus

import (
	"context"
	"sync"

	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"
)

const (
	// laneSize is how many messages of an agent wait for one kind of answer.
	// An agent asks one thing after the other, so that many are a flood.
	laneSize = 64
	// maxQuestion bounds one message, in bytes.
	maxQuestion = 256 << 10
)

// lanes handles the messages of each agent one after the other, and those of
// different agents at the same time, so that an agent that asks much or for
// what takes long delays itself and no other.
type lanes struct {
	handle func(context.Context, *nats.Msg)
	// overflow takes a message that is too large or finds its lane full.
	overflow func(*nats.Msg)

	mu    sync.Mutex
	lanes map[string][]*nats.Msg // agent → waiting; there is a goroutine for each
}

// push hands over a message. It is called by a goroutine of g, and does not
// wait.
func (l *lanes) push(ctx context.Context, g *errgroup.Group, m *nats.Msg) {
	agent := caller(m)
	l.mu.Lock()
	defer l.mu.Unlock()
	waiting, busy := l.lanes[agent]
	if len(waiting) >= laneSize || len(m.Data) > maxQuestion {
		l.overflow(m)
		return
	}
	if l.lanes == nil {
		l.lanes = map[string][]*nats.Msg{}
	}
	l.lanes[agent] = append(waiting, m)
	if !busy {
		g.Go(func() error {
			for m := l.next(agent); m != nil && ctx.Err() == nil; m = l.next(agent) {
				l.handle(ctx, m)
			}
			return nil
		})
	}
}

// next takes the agent's first message; without one the lane is closed.
func (l *lanes) next(agent string) *nats.Msg {
	l.mu.Lock()
	defer l.mu.Unlock()
	waiting := l.lanes[agent]
	if len(waiting) == 0 {
		delete(l.lanes, agent)
		return nil
	}
	l.lanes[agent] = waiting[1:]
	return waiting[0]
}
