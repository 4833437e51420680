package embedded_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/honeymoat/honeymoat/pkg/store/embedded"
	"github.com/honeymoat/honeymoat/pkg/store/embedded/enginetest"
)

// patience bounds what a test waits for.
const patience = 3 * time.Minute

// eventually polls until ok holds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("gave up waiting: ", what)
		}
	}
}

// memory reads a figure of the engine's process, in bytes.
func memory(t *testing.T, h *enginetest.Handle, field string) int64 {
	t.Helper()
	f, err := os.Open("/proc/" + pidOf(h) + "/status")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), field+":"); ok {
			kb, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kb << 10
		}
	}
	t.Fatalf("no %s in the engine's status", field)
	return 0
}

// TestKilledWhileInserting ends the engine again and again while batches come
// in, each sent under its token until it is acknowledged.
func TestKilledWhileInserting(t *testing.T) {
	h := enginetest.Start(t)
	conn := dial(t, h.ClickHouse())
	mustExec(t, conn, "CREATE TABLE k (a UInt64) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 1000")
	const batches, rows, kills = 60, 500, 4
	addr := h.Addr
	for i := range batches {
		if i%(batches/kills) == batches/kills/2 {
			victim := h.Engine.PID()
			go func() { _ = syscall.Kill(victim, syscall.SIGKILL) }()
		}
		ctx := clickhouse.Context(t.Context(), clickhouse.WithSettings(clickhouse.Settings{"insert_deduplication_token": fmt.Sprint("batch ", i)}))
		eventually(t, "batch acknowledged", func() bool {
			return h.Engine.Ready(t.Context()) == nil && tryNumbers(ctx, conn, "k", i*rows, rows) == nil
		})
	}
	eventually(t, "engine restarted after each kill", func() bool { return h.Engine.Restarts() >= kills })
	h.WaitReady()
	if h.Engine.Addr() != addr {
		t.Errorf("the address changed from %s to %s", addr, h.Engine.Addr())
	}
	var n, distinct uint64
	if err := conn.QueryRow(t.Context(), "SELECT count(), uniqExact(a) FROM k").Scan(&n, &distinct); err != nil {
		t.Fatal(err)
	}
	if n != batches*rows || distinct != n {
		t.Errorf("%d rows, %d distinct, want %d of each", n, distinct, batches*rows)
	}
}

func TestCleanStopKeepsData(t *testing.T) {
	opts := enginetest.Options(t)
	h := enginetest.StartWith(t, opts)
	c := serviceClient(t, h)
	c.want("CREATE DATABASE honeymoat", "")
	c.want("CREATE TABLE honeymoat.t (a Int8) ENGINE = MergeTree ORDER BY a", "")
	c.want("INSERT INTO honeymoat.t VALUES (1)", "")
	pid := h.Engine.PID()
	h.Stop()
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the child is still there: %v", err)
	}
	again := enginetest.StartWith(t, opts)
	serviceClient(t, again).want("SELECT a FROM honeymoat.t", "1\n", "user", again.User)
	if err := h.Engine.Ready(t.Context()); !errors.Is(err, embedded.ErrStopped) {
		t.Errorf("Ready after a stop: %v", err)
	}
}

// TestDataDirIsPrivate checks that nobody else can read what is stored.
func TestDataDirIsPrivate(t *testing.T) {
	h := enginetest.Start(t)
	info, err := os.Stat(h.DataDir)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode != 0o700 {
		t.Errorf("mode %o, want 700", mode)
	}
	err = filepath.WalkDir(filepath.Join(h.DataDir, "conf"), func(path string, _ os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".xml") {
			return err
		}
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), h.Password) || strings.Contains(string(text), h.ViewerPassword) {
			t.Errorf("%s holds a password", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func runFails(t *testing.T, opts embedded.Options, want ...string) {
	t.Helper()
	engine := embedded.New(opts, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err := engine.Run(ctx)
	if err == nil {
		t.Fatal("Run returned nil")
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
	if ready := engine.Ready(ctx); ready == nil || !strings.Contains(ready.Error(), want[0]) {
		t.Errorf("Ready does not give the reason: %v", ready)
	}
}

func TestSecondEngineOnOneDirectory(t *testing.T) {
	opts := enginetest.Options(t)
	h := enginetest.StartWith(t, opts)
	opts.LockWait = 10 * time.Millisecond
	runFails(t, opts, "is in use by another engine (process "+pidOf(h)+")", "store.engine.data_dir")
	serviceClient(t, h).want("SELECT 1", "1\n")
}

func TestCannotStart(t *testing.T) {
	opts := enginetest.Options(t)
	missing := opts
	missing.Library = filepath.Join(t.TempDir(), "libchdb.so")
	runFails(t, missing, "ClickHouse's engine is missing", "make engine", "store.engine.library")

	wrong := opts
	wrong.Library = filepath.Join(t.TempDir(), "libchdb.so")
	if err := os.WriteFile(wrong.Library, []byte("not a library"), 0o600); err != nil {
		t.Fatal(err)
	}
	runFails(t, wrong, "load engine", wrong.Library)

	h := enginetest.Start(t)
	taken := opts
	taken.Listen = h.Addr
	runFails(t, taken, "address already in use", "store.engine.listen")

	odd := opts
	odd.Database = "a`; DROP"
	runFails(t, odd, "is no name for a database")
	runFails(t, embedded.Options{Command: opts.Command}, "DataDir is empty")
}

// holderEnv makes the test binary a parent that starts an engine and waits to
// be killed.
const holderEnv = "HONEYMOAT_TEST_HOLDER"

// TestParentDies kills a parent with SIGKILL: its child must not stay behind.
func TestParentDies(t *testing.T) {
	if dir := os.Getenv(holderEnv); dir != "" {
		holdEngine(t, dir)
		return
	}
	parent := exec.Command(os.Args[0], "-test.run=^TestParentDies$", "-test.v")
	parent.Env = append(os.Environ(), holderEnv+"="+t.TempDir())
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	pid := 0
	for lines := bufio.NewScanner(out); pid == 0 && lines.Scan(); {
		_, _ = fmt.Sscanf(lines.Text(), "engine %d", &pid)
	}
	if pid == 0 {
		t.Fatal("the parent started no engine")
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	eventually(t, "the child ended with its parent", func() bool {
		stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		return err != nil || strings.Contains(string(stat), ") Z ")
	})
}

func holdEngine(t *testing.T, dir string) {
	opts := enginetest.Options(t)
	opts.DataDir = dir
	h := enginetest.StartWith(t, opts)
	fmt.Printf("engine %d\n", h.Engine.PID())
	<-t.Context().Done()
}

// TestClientGone ends a query whose client has hung up.
func TestClientGone(t *testing.T) {
	h := enginetest.Start(t)
	ctx, hangUp := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL()+"?query_id=left-alone",
		strings.NewReader("SELECT sum(sipHash64(number)) FROM numbers(1000000000000)"))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(h.User, h.Password)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if resp, err := http.DefaultClient.Do(req); err == nil {
			_ = resp.Body.Close()
		}
	}()
	c := serviceClient(t, h)
	running := func() string {
		return c.post("SELECT count() FROM system.processes WHERE Settings['log_comment'] = 'left-alone'").body
	}
	eventually(t, "the query runs", func() bool { return running() == "1\n" })
	hangUp()
	<-done
	eventually(t, "the query ended", func() bool { return running() == "0\n" })
}

// TestMemoryAtRest keeps the engine a small neighbour.
func TestMemoryAtRest(t *testing.T) {
	h := enginetest.Start(t)
	if rss := memory(t, h, "VmRSS"); rss > 450<<20 {
		t.Errorf("%d MiB at rest", rss>>20)
	}
	serviceClient(t, h).refused("SELECT groupArray(toString(number)) FROM numbers(1000000000)", http.StatusInternalServerError, "241")
}
