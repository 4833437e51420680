package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/honeymoat/honeymoat/pkg/store/embedded/front"
	"github.com/honeymoat/honeymoat/pkg/store/embedded/libchdb"
)

const (
	// drainTime is how long requests that run at a stop may take to end.
	drainTime = 10 * time.Second
	// stopTime is how long a stop may take in all, before the process ends
	// whatever state the engine is in: what it acknowledged is on disk.
	stopTime = 25 * time.Second
	// viewerTime is the longest a viewer's query may run.
	viewerTime = 60 * time.Second
	// maxStatement bounds a statement that is not an INSERT, in bytes.
	maxStatement = 64 << 20
)

// ChildMain is the child process: it reads its configuration from standard
// input, serves until that closes or a signal comes, and returns the exit code.
func ChildMain() int {
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := RunChild(ctx, os.Stdin, os.Stdout, log); err != nil {
		log.Error("the engine process ends", "error", err)
		_ = writeLine(os.Stdout, announcement{Error: err.Error()})
		return 1
	}
	return 0
}

// RunChild confines the process, opens the engine, announces its address on
// out, and serves until ctx ends or in closes. Where the kernel can confine
// it, the process replaces itself once to that end, so it must be a process
// of its own.
func RunChild(ctx context.Context, in io.Reader, out io.Writer, log *slog.Logger) error {
	cfg, err := receiveConfig(in, log)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		// Nothing follows the configuration: the read ends when the parent does.
		// It cannot be interrupted, so this goroutine ends with the process.
		_, _ = io.Copy(io.Discard, in)
		cancel()
	}()
	context.AfterFunc(ctx, func() {
		time.Sleep(stopTime)
		log.Error("the engine did not close in time; the process ends without it", "timeout", stopTime)
		os.Exit(2)
	})
	return serve(ctx, cfg, out, log)
}

// serve opens the engine and its front, in this order, and closes them in the other.
func serve(ctx context.Context, cfg ChildConfig, out io.Writer, log *slog.Logger) error {
	files := filesOf(cfg.DataDir)
	lib, err := libchdb.Load(cfg.Library)
	if err != nil {
		return err
	}
	open := func() (*libchdb.Conn, error) { return lib.Connect("--path=" + files.data) }
	root, err := lib.Connect("--path="+files.data, "--config-file="+files.config)
	if err != nil {
		return fmt.Errorf("open data directory %s: %w", files.data, err)
	}
	defer root.Close()
	handler, err := front.New(front.Config{
		Service:  front.Account{User: ServiceUser, Password: cfg.ServicePassword},
		Viewer:   front.Account{User: ViewerUser, Password: cfg.ViewerPassword},
		Database: cfg.Database, MaxTime: viewerTime, MaxBody: maxStatement,
	}, open, log)
	if err != nil {
		return err
	}
	defer handler.Close()
	return listen(ctx, cfg.Listen, handler, log, func(addr string) error {
		return writeLine(out, announcement{Addr: addr, Version: lib.Version()})
	})
}

// listen serves HTTP until ctx ends, then lets running requests finish.
func listen(ctx context.Context, addr string, handler http.Handler, log *slog.Logger, ready func(addr string) error) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen for ClickHouse's HTTP interface: %w; set store.engine.listen to a free address", err)
	}
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	if err := ready(listener.Addr().String()); err != nil {
		log.Warn("could not announce the address", "error", err)
	}
	select {
	case err := <-served:
		return fmt.Errorf("serve ClickHouse's HTTP interface: %w", err)
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	if err := server.Shutdown(drain); err != nil {
		log.Warn("requests were cut off by the stop", "error", err)
		_ = server.Close()
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve ClickHouse's HTTP interface: %w", err)
	}
	return nil
}
