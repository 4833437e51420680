package embedded

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/alertmanager/alert"
	"github.com/prometheus/alertmanager/notify"
)

func TestGateWaitsForWhatIsUnderWay(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	g := newGate(notify.StageFunc(func(ctx context.Context, _ *slog.Logger, alerts ...*alert.Alert) (context.Context, []*alert.Alert, error) {
		close(entered)
		<-release
		return ctx, alerts, nil
	}))
	done := make(chan error)
	go func() {
		_, _, err := g.Exec(context.Background(), slog.New(slog.DiscardHandler))
		done <- err
	}()
	<-entered
	g.close()
	if _, _, err := g.Exec(context.Background(), slog.New(slog.DiscardHandler)); !errors.Is(err, errGateClosed) {
		t.Errorf("a closed gate let one through: %v", err)
	}
	if g.wait(time.Millisecond) {
		t.Error("idle while one is under way")
	}
	close(release)
	if err := <-done; err != nil {
		t.Errorf("the one under way: %v", err)
	}
	if !g.wait(patience) {
		t.Error("not idle after the last one ended")
	}
}

func TestGateWithNothingUnderWay(t *testing.T) {
	g := newGate(nil)
	g.close()
	if !g.wait(patience) {
		t.Error("not idle")
	}
}
