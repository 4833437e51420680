package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

//go:embed queries/*.sql
var queryFiles embed.FS

// loadQueries reads the queries by their file's name without ".sql".
func loadQueries() (map[string]string, error) {
	names, err := fs.Glob(queryFiles, "queries/*.sql")
	if err != nil {
		return nil, fmt.Errorf("load queries: %w", err)
	}
	queries := make(map[string]string, len(names))
	for _, name := range names {
		sql, err := fs.ReadFile(queryFiles, name)
		if err != nil {
			return nil, fmt.Errorf("load queries: %w", err)
		}
		queries[strings.TrimSuffix(strings.TrimPrefix(name, "queries/"), ".sql")] = string(sql)
	}
	return queries, nil
}

// named binds a value to a {name:Type} placeholder. The driver sends it beside
// the query, never in it.
func named(name string, value any) any { return clickhouse.Named(name, value) }

type scanner func(dest ...any) error

// ask runs a query of the files and collects its rows.
func ask[T any](ctx context.Context, s *Store, query string, scan func(scanner, *T) error, args ...any) ([]T, error) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.QueryTimeout)
	defer cancel()
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{
		"max_execution_time": int(s.opts.QueryTimeout.Seconds()) + 1,
	}))
	rows, err := s.conn.Query(ctx, s.queries[query], args...)
	if err != nil {
		return nil, fmt.Errorf("query %s: %w", query, err)
	}
	list, err := collect(rows, scan)
	if err != nil {
		return nil, fmt.Errorf("query %s: %w", query, err)
	}
	return list, nil
}

// askOne is ask for a query with one row; without one it wraps
// respond.ErrNotFound.
func askOne[T any](ctx context.Context, s *Store, query string, scan func(scanner, *T) error, args ...any) (T, error) {
	list, err := ask(ctx, s, query, scan, args...)
	if err != nil || len(list) == 0 {
		var none T
		if err == nil {
			err = fmt.Errorf("query %s: %w", query, respond.ErrNotFound)
		}
		return none, err
	}
	return list[0], nil
}

func collect[T any](rows driver.Rows, scan func(scanner, *T) error) (list []T, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var v T
		if err := scan(rows.Scan, &v); err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, rows.Err()
}
