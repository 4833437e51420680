package store

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// insert sends one insert and returns when the server has stored it. The same
// token with the same rows again changes nothing, in the tables behind
// materialized views either.
func (s *Store) insert(ctx context.Context, ins insert, token string) error {
	if ins.fault != nil {
		return ins.fault
	}
	ctx, cancel := context.WithTimeout(ctx, s.opts.InsertTimeout)
	defer cancel()
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(insertSettings(token, s.opts.Cluster != "")))
	start := time.Now()
	sql := "INSERT INTO " + quoteName(ins.table) + " " + ins.columns
	if err := s.conn.InsertFormat(ctx, ins.format, sql, ins.body.reader()); err != nil {
		return fmt.Errorf("insert %d rows into %s: %w", ins.rows, ins.table, err)
	}
	s.metrics.inserted(ins.table, ins.rows, ins.body.size(), time.Since(start))
	return nil
}

func insertSettings(token string, cluster bool) clickhouse.Settings {
	settings := clickhouse.Settings{
		"insert_deduplication_token":                         token,
		"insert_deduplicate":                                 1,
		"deduplicate_blocks_in_dependent_materialized_views": 1,
		"async_insert":                                       0,
		"max_partitions_per_insert_block":                    0,
		"input_format_parallel_parsing":                      0,
		"input_format_native_allow_types_conversion":         1,
		"input_format_skip_unknown_fields":                   1,
		"input_format_null_as_default":                       1,
		"date_time_input_format":                             "best_effort",
		"input_format_json_read_numbers_as_strings":          1,
	}
	if cluster {
		settings["distributed_foreground_insert"] = 1
	}
	return settings
}
