package service

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	engine "github.com/honeymoat/honeymoat/pkg/store/embedded"
)

// TestMissingEngineIsTold wants the cure in the status, not the connection that
// is refused for want of an engine.
func TestMissingEngineIsTold(t *testing.T) {
	s := &Service{log: slog.New(slog.DiscardHandler)}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- s.runEngine(ctx, engine.Options{
			Command: []string{"/no/such/program"}, Library: "/no/such/libchdb.so", DataDir: t.TempDir(), Listen: "127.0.0.1:0",
			Database: "honeymoat", MaxMemoryBytes: 512 << 20,
		})
	}()
	why := ""
	for deadline := time.Now().Add(time.Minute); why == "" && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if err := s.health.engine.Load(); err != nil {
			why = (*err).Error()
		}
	}
	stop()
	if err := <-ended; err != nil || !strings.Contains(why, "/no/such/libchdb.so") {
		t.Errorf("an engine that is missing is told as %q, %v", why, err)
	}
}
