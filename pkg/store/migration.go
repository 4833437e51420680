package store

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// Migration is one numbered step of the schema.
type Migration struct {
	Version   int
	Name      string    // "events" of 0001_events.sql
	Checksum  string    // SHA-256 of the file, hex
	AppliedAt time.Time // zero while it is pending
}

// Pending tells whether the store does not have it yet.
func (m *Migration) Pending() bool { return m.AppliedAt.IsZero() }

// String is the migration's file name.
func (m *Migration) String() string { return fmt.Sprintf("%04d_%s.sql", m.Version, m.Name) }

// bootstrapFile makes what the migrations themselves need. It is run each time.
const bootstrapFile = "bootstrap.sql"

var migrationName = regexp.MustCompile(`^(\d{4})_([a-z0-9_]+)\.sql$`)

// step is a migration with its statements for one shape of store.
type step struct {
	Migration
	statements []string
}

// readSteps renders all migrations of a directory in order. Their numbers run
// from 1 without a gap.
func readSteps(files fs.FS, s shape) ([]step, error) {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	var steps []step
	for _, e := range entries {
		if path.Ext(e.Name()) != ".sql" || e.Name() == bootstrapFile {
			continue
		}
		st, err := readStep(files, e.Name(), s)
		if err != nil {
			return nil, err
		}
		steps = append(steps, st)
	}
	slices.SortFunc(steps, func(a, b step) int { return cmp.Compare(a.Version, b.Version) })
	for i := range steps {
		if steps[i].Version != i+1 {
			return nil, fmt.Errorf("migration %s: want number %04d here: numbers run from 0001 without gap or repeat", &steps[i], i+1)
		}
	}
	return steps, nil
}

func readStep(files fs.FS, name string, s shape) (step, error) {
	parts := migrationName.FindStringSubmatch(name)
	if parts == nil {
		return step{}, fmt.Errorf("migration %s: want a name such as 0007_sessions.sql", name)
	}
	source, err := fs.ReadFile(files, name)
	if err != nil {
		return step{}, fmt.Errorf("read migration: %w", err)
	}
	version, err := strconv.Atoi(parts[1])
	if err != nil {
		return step{}, fmt.Errorf("migration %s: %w", name, err)
	}
	statements, err := s.render(name, string(source))
	if err != nil {
		return step{}, err
	}
	sum := sha256.Sum256(source)
	m := Migration{Version: version, Name: parts[2], Checksum: hex.EncodeToString(sum[:])}
	return step{Migration: m, statements: statements}, nil
}
