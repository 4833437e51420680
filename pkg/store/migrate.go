package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"

	"github.com/honeymoat/honeymoat/migrations"
)

// ErrChanged: a migration that the store has is another one than the one of
// this program.
var ErrChanged = errors.New("an applied migration was changed afterwards")

// ErrLater: the store has migrations that this program does not know.
var ErrLater = errors.New("the store is of a later version than this program")

// Migrate brings the schema up to this program's and returns the migrations
// that it applied. It may run in several processes at once: one works, the
// others wait. After a crash the next run goes on where that one stopped.
func (s *Store) Migrate(ctx context.Context) ([]Migration, error) {
	return s.migrate(ctx, migrations.Files)
}

// Migrations lists the migrations of this program and which of them the store
// has. Errors wrap ErrChanged or ErrLater where the two do not fit.
func (s *Store) Migrations(ctx context.Context) ([]Migration, error) {
	steps, err := s.steps(ctx, migrations.Files)
	list := make([]Migration, len(steps))
	for i := range steps {
		list[i] = steps[i].Migration
	}
	return list, err
}

func (s *Store) shape() shape { return shape{database: s.opts.Database, cluster: s.opts.Cluster} }

func (s *Store) migrate(ctx context.Context, files fs.FS) ([]Migration, error) {
	if err := s.bootstrap(ctx, files); err != nil {
		return nil, err
	}
	// Most starts find nothing to do, and take no lock: one that is killed
	// while it holds it would keep the next ones waiting.
	if steps, err := s.steps(ctx, files); err != nil || !slices.ContainsFunc(steps, step.pending) {
		return nil, err
	}
	unlock, err := s.lockMigrations(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	steps, err := s.steps(ctx, files) // others may have worked meanwhile
	if err != nil {
		return nil, err
	}
	var applied []Migration
	for i := range steps {
		if !steps[i].Pending() {
			continue
		}
		if err := s.apply(ctx, &steps[i]); err != nil {
			return applied, err
		}
		applied = append(applied, steps[i].Migration)
	}
	return applied, nil
}

func (st step) pending() bool { return st.Pending() }

func (s *Store) bootstrap(ctx context.Context, files fs.FS) error {
	source, err := fs.ReadFile(files, bootstrapFile)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	statements, err := s.shape().render(bootstrapFile, string(source))
	if err != nil {
		return err
	}
	for _, sql := range statements {
		if err := s.admin.Exec(ctx, sql); err != nil {
			return fmt.Errorf("prepare store for migrations: %w", err)
		}
	}
	return nil
}

func (s *Store) apply(ctx context.Context, st *step) error {
	for i, sql := range st.statements {
		if err := s.admin.Exec(ctx, sql); err != nil {
			return fmt.Errorf("migration %s, statement %d: %w", st, i+1, err)
		}
	}
	record := fmt.Sprintf("INSERT INTO %s (version, name, checksum, applied_by) VALUES (%d, '%s', '%s', {software:String})",
		s.shape().local("schema_migrations"), st.Version, st.Name, st.Checksum)
	if err := s.admin.Exec(ctx, record, named("software", s.opts.Software)); err != nil {
		return fmt.Errorf("record migration %s: %w", st, err)
	}
	s.log.InfoContext(ctx, "store: migration applied", slog.String("migration", st.String()))
	return nil
}

// steps are this program's migrations with what the store knows of them.
func (s *Store) steps(ctx context.Context, files fs.FS) ([]step, error) {
	steps, err := readSteps(files, s.shape())
	if err != nil {
		return nil, err
	}
	applied, err := s.applied(ctx)
	if err != nil {
		return steps, err
	}
	for i := range applied {
		m := &applied[i]
		if m.Version > len(steps) {
			return steps, fmt.Errorf("migration %s: %w (hint: run the newer program, or restore the store as it was before)", m, ErrLater)
		}
		if ours := &steps[m.Version-1]; ours.Checksum != m.Checksum {
			return steps, fmt.Errorf("migration %s: %w: it was applied with checksum %.12s…, this program's is %.12s… (hint: put the file back as it was and write the change as a new migration)",
				ours, ErrChanged, m.Checksum, ours.Checksum)
		}
		steps[m.Version-1].AppliedAt = m.AppliedAt
	}
	return steps, nil
}

// applied are the migrations that the store has; none when it is new.
func (s *Store) applied(ctx context.Context) ([]Migration, error) {
	sql := fmt.Sprintf("SELECT toInt64(version), name, checksum, applied_at FROM %s FINAL ORDER BY version",
		s.shape().local("schema_migrations"))
	rows, err := s.admin.Query(ctx, sql)
	if isException(err, codeUnknownTable, codeUnknownDatabase) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read applied migrations: %w", err)
	}
	return collect(rows, func(scan scanner, m *Migration) error {
		var version int64
		err := scan(&version, &m.Name, &m.Checksum, &m.AppliedAt)
		m.Version = int(version)
		return err
	})
}
