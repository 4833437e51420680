// Package enginetest gives tests the real engine: ClickHouse's, in a child
// process made of the test binary itself.
//
// A package that uses it has
//
//	func TestMain(m *testing.M) { enginetest.Main(m) }
//
// and each test calls Start. Without the engine's library a test fails, with
// the way to get it. Only tests may import this package.
package enginetest

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/honeymoat/honeymoat/pkg/store/embedded"
)

const (
	childEnv = "HONEYMOAT_ENGINETEST_CHILD"
	mainEnv  = "HONEYMOAT_ENGINETEST_MAIN"
)

// startTime is how long an engine may take to answer.
const startTime = 3 * time.Minute

// Main runs the tests of a package, or the engine when a test started the
// binary for that.
func Main(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Exit(embedded.ChildMain())
	}
	if err := os.Setenv(mainEnv, "1"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// Handle is a running engine, stopped when its test ends.
type Handle struct {
	Engine         *embedded.Engine
	Addr           string // host:port of ClickHouse's HTTP interface
	User, Password string // the service account
	ViewerUser     string // the account that may only read
	ViewerPassword string
	Database       string // exists already
	DataDir        string

	t    testing.TB
	stop context.CancelFunc
	done chan struct{}
	err  error // what Run returned, once done is closed
}

// Options are those of an engine on a new directory and a free port, for tests
// that start one themselves.
func Options(t testing.TB) embedded.Options {
	t.Helper()
	if os.Getenv(mainEnv) == "" {
		t.Fatal("enginetest: this package needs func TestMain(m *testing.M) { enginetest.Main(m) }")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal("enginetest:", err)
	}
	return embedded.Options{
		Command: []string{exe}, Env: []string{childEnv + "=1"}, Library: Library(t),
		DataDir: t.TempDir(), Listen: "127.0.0.1:0", ViewerPassword: "look but do not touch",
	}
}

// Library is the path of the engine's library. The test fails without one.
func Library(t testing.TB) string {
	t.Helper()
	configured := os.Getenv(embedded.LibraryEnv)
	if configured == "" {
		_, file, _, _ := runtime.Caller(0)
		configured = filepath.Join(filepath.Dir(file), "..", "..", "..", "..", ".cache", "engine", "libchdb.so")
	}
	path, err := embedded.FindLibrary(configured)
	if err != nil {
		t.Fatalf("enginetest: this test needs the real engine: %v", err)
	}
	return path
}

// Start runs an engine for one test and returns once it answers, with the
// product's database created.
func Start(t testing.TB) *Handle {
	t.Helper()
	h := StartWith(t, Options(t))
	h.exec("CREATE DATABASE IF NOT EXISTS " + h.Database)
	return h
}

// StartWith runs an engine of the test's own making.
func StartWith(t testing.TB, opts embedded.Options) *Handle {
	t.Helper()
	engine := embedded.New(opts, slog.New(slog.NewTextHandler(testWriter{t}, nil)))
	ctx, stop := context.WithCancel(context.Background())
	h := &Handle{
		Engine: engine, ViewerUser: embedded.ViewerUser, ViewerPassword: opts.ViewerPassword,
		Database: engine.Database(), DataDir: opts.DataDir, t: t, stop: stop, done: make(chan struct{}),
	}
	h.User, h.Password = engine.Credentials()
	go func() {
		defer close(h.done)
		h.err = engine.Run(ctx)
	}()
	t.Cleanup(func() { h.Stop() })
	h.WaitReady()
	h.Addr = engine.Addr()
	return h
}

// WaitReady returns once the engine answers, as after Kill.
func (h *Handle) WaitReady() {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	if err := h.Engine.Ready(ctx); err != nil {
		h.t.Fatal("enginetest:", err)
	}
}

// Kill ends the child with SIGKILL, as a crash would. The engine comes back by
// itself, on the same address.
func (h *Handle) Kill() {
	h.t.Helper()
	if pid := h.Engine.PID(); pid != 0 {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			h.t.Fatal("enginetest: kill:", err)
		}
	}
}

// Stop ends the engine cleanly and waits for it. It may be called again.
func (h *Handle) Stop() {
	h.t.Helper()
	h.stop()
	<-h.done
	if h.err != nil {
		h.t.Error("enginetest: stop:", h.err)
	}
}

// URL is the address of the HTTP interface.
func (h *Handle) URL() string { return "http://" + h.Addr + "/" }

// ClickHouse are the driver's options for the service account.
func (h *Handle) ClickHouse() *clickhouse.Options {
	return h.options(h.User, h.Password)
}

// Viewer are the driver's options for the account that may only read.
func (h *Handle) Viewer() *clickhouse.Options {
	return h.options(h.ViewerUser, h.ViewerPassword)
}

func (h *Handle) options(user, password string) *clickhouse.Options {
	return &clickhouse.Options{
		Protocol:    clickhouse.HTTP,
		Addr:        []string{h.Addr},
		Auth:        clickhouse.Auth{Database: h.Database, Username: user, Password: password},
		Compression: &clickhouse.Compression{Method: clickhouse.CompressionLZ4},
	}
}

// exec runs a statement as the service account, in no database.
func (h *Handle) exec(query string) {
	h.t.Helper()
	opts := h.ClickHouse()
	opts.Auth.Database = ""
	conn, err := clickhouse.Open(opts)
	if err != nil {
		h.t.Fatal("enginetest:", err)
	}
	defer conn.Close()
	if err := conn.Exec(context.Background(), query); err != nil {
		h.t.Fatalf("enginetest: %s: %v", query, err)
	}
}

// testWriter writes to a test's log.
type testWriter struct{ t testing.TB }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Logf("%s", p)
	return len(p), nil
}

var _ io.Writer = testWriter{}
