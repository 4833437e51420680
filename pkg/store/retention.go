package store

import (
	"context"
	"fmt"
	"strings"
)

// Retention is for how many days after their receipt rows are kept. Zero keeps
// them for ever.
type Retention struct {
	Events  int // events and quarantine
	Traffic int // counts by the minute
	Records int // findings, actors, block log, audit
	Agents  int // reports of agents
}

// Retain makes the store drop rows that are older. It changes only what
// differs, so it may be called at each start.
func (s *Store) Retain(ctx context.Context, r Retention) error {
	for _, t := range []struct {
		table, day string
		days       int
	}{
		{"events", "toDate(received)", r.Events},
		{"quarantine", "toDate(received)", r.Events},
		{"quarantine_outcomes", "toDate(received)", r.Events},
		{"traffic_1m", "received_day", r.Traffic},
		{"findings", "toDate(received)", r.Records},
		{"actors", "toDate(received)", r.Records},
		{"block_log", "toDate(received)", r.Records},
		{"audit", "toDate(received)", r.Records},
		{"agents", "toDate(received)", r.Agents},
	} {
		if err := s.retain(ctx, t.table, t.day, t.days); err != nil {
			return fmt.Errorf("set retention of %s to %d days: %w", t.table, t.days, err)
		}
	}
	return nil
}

// retain sets the TTL of one table. The day of receipt itself is not counted.
func (s *Store) retain(ctx context.Context, table, day string, days int) error {
	local := s.shape().local(table)
	var now string
	row := s.admin.QueryRow(ctx, "SELECT engine_full FROM system.tables WHERE database = {database:String} AND name = {name:String}",
		named("database", s.opts.Database), named("name", localName(local)))
	if err := row.Scan(&now); err != nil {
		return err
	}
	wanted := fmt.Sprintf("TTL %s + toIntervalDay(%d)", day, days+1)
	had := strings.Contains(now, "TTL ")
	alter := "ALTER TABLE " + local + " " + s.shape().onCluster() + " "
	switch {
	case days <= 0 && had:
		return s.admin.Exec(ctx, alter+"REMOVE TTL")
	case days > 0 && !strings.Contains(now, wanted):
		return s.admin.Exec(ctx, alter+"MODIFY "+wanted)
	}
	return nil
}

// localName is the bare name in a quoted database.table.
func localName(quoted string) string {
	_, name, _ := strings.Cut(quoted, ".")
	return strings.Trim(name, "`")
}
