package embedded

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/prometheus/alertmanager/alert"
	"github.com/prometheus/alertmanager/notify"
)

var errGateClosed = errors.New("notifications have stopped")

// gate lets notifications through until it is closed, and close waits for
// those under way. The dispatcher does not wait for its groups: without the
// gate, one could be sent after the notification log was written for the last
// time, and would be sent again after a restart.
type gate struct {
	next notify.Stage

	mu     sync.RWMutex // held for reading by every notification under way
	closed bool
}

func (g *gate) Exec(ctx context.Context, l *slog.Logger, alerts ...*alert.Alert) (context.Context, []*alert.Alert, error) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.closed {
		return ctx, nil, errGateClosed
	}
	return g.next.Exec(ctx, l, alerts...)
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
}
