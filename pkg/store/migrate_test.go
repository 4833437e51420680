package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/honeymoat/honeymoat/migrations"
	"github.com/honeymoat/honeymoat/pkg/store/embedded/enginetest"
)

func TestMigrateIsIdempotentAndReported(t *testing.T) {
	s := openStore(t, enginetest.Start(t))
	before, err := s.Migrations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range before {
		if !before[i].Pending() {
			t.Errorf("%s is not pending in a new store", &before[i])
		}
	}
	applied, err := s.Migrate(t.Context())
	if err != nil || len(applied) != len(before) {
		t.Fatalf("applied %d of %d migrations, error %v", len(applied), len(before), err)
	}
	again, err := s.Migrate(t.Context())
	if err != nil || len(again) != 0 {
		t.Errorf("a second run applied %v, error %v", again, err)
	}
	after, err := s.Migrations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range after {
		if after[i].Pending() {
			t.Errorf("%s is pending after all were applied", &after[i])
		}
	}
}

func TestMigrateConcurrently(t *testing.T) {
	h := enginetest.Start(t)
	var mu sync.Mutex
	var wg sync.WaitGroup
	applied := map[string]int{}
	for range 4 {
		s := openStore(t, h)
		wg.Go(func() {
			list, err := s.Migrate(t.Context())
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			for i := range list {
				applied[list[i].String()]++
			}
		})
	}
	wg.Wait()
	for name, times := range applied {
		if times != 1 {
			t.Errorf("%s was applied %d times", name, times)
		}
	}
	if len(applied) == 0 {
		t.Error("nobody applied anything")
	}
}

// changed is the migrations with one file replaced or added.
func changed(t *testing.T, name, content string) fs.FS {
	t.Helper()
	files := fstest.MapFS{}
	names, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		data, err := fs.ReadFile(migrations.Files, n)
		if err != nil {
			t.Fatal(err)
		}
		files[n] = &fstest.MapFile{Data: data}
	}
	files[name] = &fstest.MapFile{Data: []byte(content)}
	return files
}

func TestChangedMigrationIsRefused(t *testing.T) {
	s, _ := migrated(t)
	_, err := s.migrate(t.Context(), changed(t, "0002_traffic.sql", "SELECT 1;\n"))
	if !errors.Is(err, ErrChanged) || !strings.Contains(err.Error(), "0002_traffic.sql") || !strings.Contains(err.Error(), "hint") {
		t.Errorf("error %v, want ErrChanged with the file and a hint", err)
	}
}

func TestLaterStoreIsRefused(t *testing.T) {
	s, _ := migrated(t)
	if _, err := s.migrate(t.Context(), changed(t, next(t, "later"), "SELECT 1;\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Migrate(t.Context()); !errors.Is(err, ErrLater) || !strings.Contains(err.Error(), "hint") {
		t.Errorf("error %v, want ErrLater with a hint", err)
	}
}

func TestBrokenMigrationStopsAndGoesOn(t *testing.T) {
	s, _ := migrated(t)
	broken := "CREATE TABLE {{local \"one\"}} (a Int8) ENGINE = {{engine \"MergeTree\"}} ORDER BY a;\nSELEC 1;\n"
	_, err := s.migrate(t.Context(), changed(t, next(t, "broken"), broken))
	if err == nil || !strings.Contains(err.Error(), next(t, "broken")+", statement 2") {
		t.Fatalf("error %v, want file and statement", err)
	}
	mended := "CREATE TABLE IF NOT EXISTS {{local \"one\"}} (a Int8) ENGINE = {{engine \"MergeTree\"}} ORDER BY a;\nSELECT 1;\n"
	applied, err := s.migrate(t.Context(), changed(t, next(t, "broken"), mended))
	if err != nil || len(applied) != 1 {
		t.Errorf("the mended migration: applied %v, error %v", applied, err)
	}
}

func TestMigrationNames(t *testing.T) {
	f := func(want string, files ...string) {
		t.Helper()
		dir := fstest.MapFS{}
		for _, name := range files {
			dir[name] = &fstest.MapFile{Data: []byte("SELECT 1;\n")}
		}
		_, err := readSteps(dir, shape{database: "x"})
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", files, err, want)
		}
	}
	f("", "0001_a.sql", "0002_b.sql", "README.md", bootstrapFile)
	f("want a name such as", "1_a.sql")
	f("without gap", "0001_a.sql", "0003_b.sql")
	f("without gap", "0001_a.sql", "0001_b.sql")
	f("without gap", "0002_a.sql")
}

func TestStaleLockIsBroken(t *testing.T) {
	h := enginetest.Start(t)
	s := openStore(t, h)
	if err := s.bootstrap(t.Context(), migrations.Files); err != nil {
		t.Fatal(err)
	}
	if _, err := s.lockMigrations(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.dropStaleLock(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.dropStaleLock(t.Context()); err != nil {
		t.Errorf("a lock that somebody else broke: %v", err)
	}
	if applied, err := s.Migrate(t.Context()); err != nil || len(applied) == 0 {
		t.Errorf("after breaking the lock: applied %v, error %v", applied, err)
	}
}

// TestNothingToDoTakesNoLock: a lock that a killed process has left holds up
// nobody whose schema is up to date.
func TestNothingToDoTakesNoLock(t *testing.T) {
	s := openStore(t, enginetest.Start(t))
	if applied, err := s.Migrate(t.Context()); err != nil || len(applied) == 0 {
		t.Fatalf("applied %v, error %v", applied, err)
	}
	if _, err := s.lockMigrations(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if applied, err := s.Migrate(ctx); err != nil || len(applied) > 0 {
		t.Errorf("applied %v, error %v", applied, err)
	}
}

func TestClusterFormParses(t *testing.T) {
	s := openStore(t, enginetest.Start(t))
	single, cluster := shape{database: "honeymoat"}, shape{database: "honeymoat", cluster: "main"}
	names, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		source, err := fs.ReadFile(migrations.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		one, err := single.render(name, string(source))
		if err != nil {
			t.Fatal(err)
		}
		for _, sql := range one {
			if strings.Contains(sql, "Replicated") || strings.Contains(sql, "ON CLUSTER") || strings.Contains(sql, "_local") {
				t.Errorf("%s: the single-node form speaks of a cluster: %.80s", name, sql)
			}
		}
		many, err := cluster.render(name, string(source))
		if err != nil {
			t.Fatal(err)
		}
		for _, sql := range many {
			if !strings.Contains(sql, "ON CLUSTER `main`") {
				t.Errorf("%s: a statement of the cluster form misses the cluster: %.80s", name, sql)
			}
			if err := s.admin.Exec(t.Context(), "EXPLAIN AST "+sql); err != nil {
				t.Errorf("%s: %v\n%s", name, err, sql)
			}
		}
	}
	s.opts.Cluster = "main"
	if err := s.admin.Exec(t.Context(), "EXPLAIN AST "+s.lockStatement()); err != nil {
		t.Error("lock of a cluster:", err)
	}
}

func TestRetention(t *testing.T) {
	s, _ := migrated(t)
	ttl := func(table string) string {
		var full string
		if err := s.conn.QueryRow(t.Context(), "SELECT engine_full FROM system.tables WHERE database = 'honeymoat' AND name = {n:String}",
			named("n", table)).Scan(&full); err != nil {
			t.Fatal(err)
		}
		return full
	}
	for _, r := range []Retention{{Events: 7, Traffic: 90, Records: 400, Agents: 30}, {Events: 14, Traffic: 90, Records: 400, Agents: 30}} {
		if err := s.Retain(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if got := ttl("events"); !strings.Contains(got, "TTL toDate(received) + toIntervalDay(15)") {
		t.Errorf("events: %s", got)
	}
	if got := ttl("traffic_1m"); !strings.Contains(got, "TTL received_day + toIntervalDay(91)") {
		t.Errorf("traffic: %s", got)
	}
	if err := s.Retain(t.Context(), Retention{}); err != nil {
		t.Fatal(err)
	}
	if got := ttl("events"); strings.Contains(got, "TTL ") {
		t.Errorf("kept for ever, but %s", got)
	}
}

// next is the name of a migration that follows the last one.
func next(t *testing.T, name string) string {
	t.Helper()
	files, err := fs.Glob(migrations.Files, "0*.sql")
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%04d_%s.sql", len(files)+1, name)
}
