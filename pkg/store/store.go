package store

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Store is the event store. It is safe for concurrent use. Close frees its
// connections once nothing uses it any more.
type Store struct {
	opts    Options
	conn    driver.Conn // in our database
	admin   driver.Conn // in the server's default database
	log     *slog.Logger
	queries map[string]string
	metrics *metrics
}

// Open makes a store. It starts nothing and does not connect yet: a server
// that is away is no error here.
func Open(opts Options) (*Store, error) {
	if err := opts.complete(); err != nil {
		return nil, err
	}
	queries, err := loadQueries()
	if err != nil {
		return nil, err
	}
	conn, err := clickhouse.Open(opts.driver(opts.Database))
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	admin, err := clickhouse.Open(opts.driver("default"))
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("open store: %w", err)
	}
	m, err := newMetrics(opts.Metrics)
	if err != nil {
		_, _ = conn.Close(), admin.Close()
		return nil, fmt.Errorf("open store: %w", err)
	}
	return &Store{opts: opts, conn: conn, admin: admin, log: opts.Logger, queries: queries, metrics: m}, nil
}

// Close frees the connections.
func (s *Store) Close() error {
	adminErr := s.admin.Close()
	if err := s.conn.Close(); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	if adminErr != nil {
		return fmt.Errorf("close store: %w", adminErr)
	}
	return nil
}

// pingTimeout is how long the server may take to say that it is there.
const pingTimeout = 5 * time.Second

// Ping tells whether the server answers.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	if err := s.admin.Ping(ctx); err != nil {
		return fmt.Errorf("ping store at %v: %w", s.opts.Addresses, err)
	}
	return nil
}
