package embedded_test

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/honeymoat/honeymoat/pkg/bus/bustest"
	"github.com/honeymoat/honeymoat/pkg/bus/embedded"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func run(t *testing.T, opts embedded.Options) error {
	t.Helper()
	s, err := embedded.New(opts, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return s.Run(ctx)
}

func TestDirectoryOfAnotherProcess(t *testing.T) {
	dir := t.TempDir()
	bustest.Start(t, dir, nil)
	if err := run(t, embedded.Options{Dir: dir, Key: bustest.Key}); !errors.Is(err, embedded.ErrLocked) {
		t.Errorf("Run = %v, want ErrLocked", err)
	}
}

func TestOtherKeyIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := run(t, embedded.Options{Dir: dir, Key: bustest.Key}); err != nil {
		t.Fatal(err)
	}
	if err := run(t, embedded.Options{Dir: dir, Key: bustest.Key + "!"}); !errors.Is(err, embedded.ErrKey) {
		t.Errorf("Run with another key = %v, want ErrKey", err)
	}
	if err := os.Remove(filepath.Join(dir, "key.check")); err != nil {
		t.Fatal(err)
	}
	if err := run(t, embedded.Options{Dir: dir, Key: bustest.Key}); !errors.Is(err, embedded.ErrKey) {
		t.Errorf("Run on streams of an unknown key = %v, want ErrKey", err)
	}
}

func TestDirectoryThatCannotBeMade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := run(t, embedded.Options{Dir: filepath.Join(file, "bus"), Key: bustest.Key})
	if err == nil || !strings.Contains(err.Error(), "writable") {
		t.Errorf("Run = %v, want a hint", err)
	}
}

func TestPortInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	opts := embedded.Options{Dir: t.TempDir(), Key: bustest.Key, Listen: taken.Addr().String(), TLS: &tls.Config{}}
	s, err := embedded.New(opts, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	<-s.Ready()
	if _, err := s.Listen(nil); err == nil || !strings.Contains(err.Error(), opts.Listen) {
		t.Errorf("Listen = %v, want the address in use", err)
	}
	cancel()
	<-done
	if _, err := s.InProcessConn(); !errors.Is(err, embedded.ErrNotRunning) {
		t.Errorf("InProcessConn after the end = %v", err)
	}
}

func TestBadOptions(t *testing.T) {
	for name, opts := range map[string]embedded.Options{
		"no directory": {Key: bustest.Key},
		"short key":    {Dir: "x", Key: "short"},
		"no TLS":       {Dir: "x", Key: bustest.Key, Listen: "127.0.0.1:0"},
		"address":      {Dir: "x", Key: bustest.Key, Listen: "nowhere", TLS: &tls.Config{}},
		"no URL":       {Leaf: &embedded.Leaf{}},
		"bad URL":      {Leaf: &embedded.Leaf{URLs: []string{"user:secret"}}},
	} {
		_, err := embedded.New(opts, slog.New(slog.DiscardHandler))
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: New = %v", name, err)
		}
	}
}
