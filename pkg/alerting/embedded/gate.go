package embedded

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/alertmanager/alert"
	"github.com/prometheus/alertmanager/notify"
)

var errGateClosed = errors.New("notifications have stopped")

// gate lets notifications through until it is closed, and tells when those
// under way have ended. The dispatcher cancels and does not wait: without the
// gate a notification could reach its receiver and yet miss the notification
// log, and would be sent again after a restart.
type gate struct {
	next notify.Stage

	mu       sync.Mutex
	closed   bool
	underway int
	idle     chan struct{} // closed when the gate is, and nothing is under way
}

func newGate(next notify.Stage) *gate {
	return &gate{next: next, idle: make(chan struct{})}
}

// Exec implements [notify.Stage].
func (g *gate) Exec(ctx context.Context, l *slog.Logger, alerts ...*alert.Alert) (context.Context, []*alert.Alert, error) {
	if !g.enter() {
		return ctx, nil, errGateClosed
	}
	defer g.leave()
	return g.next.Exec(ctx, l, alerts...)
}

func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.underway++
	return true
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.underway--
	g.settle()
}

// close lets nothing more in. It is called once.
func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	g.settle()
}

func (g *gate) settle() {
	if g.closed && g.underway == 0 {
		close(g.idle)
	}
}

// wait gives up after d. It says whether the gate is idle.
func (g *gate) wait(d time.Duration) bool {
	limit := time.NewTimer(d)
	defer limit.Stop()
	select {
	case <-g.idle:
		return true
	case <-limit.C:
		return false
	}
}
