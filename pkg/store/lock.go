package store

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"
)

const (
	lockTable = "migration_lock"
	// lockPoll is how often a waiting process looks again.
	lockPoll = 200 * time.Millisecond
	// lockStale is the age at which a lock's holder is taken for dead: far
	// more than the migrations take. The server's clock measures it.
	lockStale = 10 * time.Minute
	// unlockTimeout bounds the release, which happens even when the caller's
	// context has ended.
	unlockTimeout = 10 * time.Second
)

// lockMigrations waits until no other process applies migrations. ClickHouse
// has no locks, but making a table is atomic: who makes it holds the lock. In
// a cluster the table is a replica of a fixed name in Keeper, which can be
// made once only, whichever node is asked.
func (s *Store) lockMigrations(ctx context.Context) (unlock func(), err error) {
	said := false
	for {
		err := s.admin.Exec(ctx, s.lockStatement())
		if err == nil {
			return s.unlockMigrations, nil
		}
		if !isException(err, codeTableExists, codeReplicaExists) {
			return nil, fmt.Errorf("lock migrations: %w", err)
		}
		if !said {
			s.log.InfoContext(ctx, "store: another process applies migrations, waiting for it")
			said = true
		}
		if err := s.breakStaleLock(ctx); err != nil {
			return nil, err
		}
		if err := pause(ctx, lockPoll); err != nil {
			return nil, fmt.Errorf("lock migrations: %w (hint: if no other honeymoat is starting, drop the table %s)", err, s.shape().table(lockTable))
		}
	}
}

func (s *Store) lockStatement() string {
	engine := "TinyLog"
	if s.opts.Cluster != "" {
		engine = "ReplicatedMergeTree('/honeymoat/" + s.opts.Database + "/migration_lock', 'lock') ORDER BY holder"
	}
	return fmt.Sprintf("CREATE TABLE %s (holder String) ENGINE = %s COMMENT 'held by process %d'",
		s.shape().table(lockTable), engine, os.Getpid())
}

func (s *Store) unlockMigrations() {
	ctx, cancel := context.WithTimeout(context.Background(), unlockTimeout)
	defer cancel()
	if err := s.admin.Exec(ctx, "DROP TABLE IF EXISTS "+s.shape().table(lockTable)+" SYNC"); err != nil {
		s.log.WarnContext(ctx, "store: cannot release the lock of migrations; it is broken when stale", slog.Any("error", err))
	}
}

// breakStaleLock frees a lock whose holder died. Of several processes that see
// it stale, renaming lets one do it.
func (s *Store) breakStaleLock(ctx context.Context) error {
	var stale uint64
	row := s.admin.QueryRow(ctx, `SELECT count() FROM system.tables WHERE database = {database:String}
		AND name = {name:String} AND metadata_modification_time < now() - toIntervalSecond({seconds:UInt32})`,
		named("database", s.opts.Database), named("name", lockTable), named("seconds", uint32(lockStale/time.Second)))
	if err := row.Scan(&stale); err != nil {
		return fmt.Errorf("lock migrations: %w", err)
	}
	if stale == 0 {
		return nil
	}
	return s.dropStaleLock(ctx)
}

func (s *Store) dropStaleLock(ctx context.Context) error {
	from := s.shape().table(lockTable)
	to := s.shape().table(fmt.Sprintf("%s_stale_%d_%d", lockTable, os.Getpid(), time.Now().UnixNano()))
	err := s.admin.Exec(ctx, "RENAME TABLE "+from+" TO "+to)
	if isException(err, codeUnknownTable, codeTableExists) {
		return nil // somebody else was faster
	}
	if err != nil {
		return fmt.Errorf("break stale lock of migrations: %w", err)
	}
	s.log.WarnContext(ctx, "store: broke the lock of a process that died while it applied migrations")
	if err := s.admin.Exec(ctx, "DROP TABLE IF EXISTS "+to+" SYNC"); err != nil {
		return fmt.Errorf("break stale lock of migrations: %w", err)
	}
	return nil
}

// pause waits, or ends early with the context's error.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
