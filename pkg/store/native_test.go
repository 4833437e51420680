package store

import (
	"fmt"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
)

func TestFlagsCostNoAllocationARow(t *testing.T) {
	flags := make([]int64, 1000)
	for i := range flags {
		flags[i] = int64(event.NoUserAgent | event.NoBytes)
	}
	flags[0], flags[1] = event.Unknown, 0
	c := newListColumn("quality")
	c.addFlags(0, flags) // makes the column as large as it will be
	if got, want := c.items.rows, 2*998; got != want {
		t.Errorf("%d names of flags, want %d", got, want)
	}
	allocations := testing.AllocsPerRun(10, func() {
		c.reset()
		c.addFlags(0, flags)
	})
	if allocations > 10 {
		t.Errorf("%v allocations for %d rows", allocations, len(flags))
	}
}

// TestColumnsHaveTheTypesOfTheTables: the server would convert others, at a
// cost for each row.
func TestColumnsHaveTheTypesOfTheTables(t *testing.T) {
	s, _ := migrated(t)
	f := func(table string, columns []column) {
		t.Helper()
		for _, c := range columns {
			var typ string
			err := s.conn.QueryRow(t.Context(), "SELECT type FROM system.columns WHERE database = currentDatabase() AND table = ? AND name = ?",
				table, c.name()).Scan(&typ)
			if err != nil || typ != c.kind() {
				t.Errorf("%s.%s is sent as %s, the table has %s: %v", table, c.name(), c.kind(), typ, err)
			}
		}
	}
	f("events", newEventRows().columns)
	f("quarantine", newRejectedRows().columns)
	f("quarantine_outcomes", newOutcomeRows().columns)
}

// TestLargeInsertsComeBack: so many different texts that a dictionary needs
// wide numbers, lists that are all empty, and columns that go out as they lie.
func TestLargeInsertsComeBack(t *testing.T) {
	s, _ := migrated(t)
	b := emptyBatch(0)
	const rows = 66_000
	for i := range rows {
		b.SetNumber(event.Offset, int64(i))
		b.SetNumber(event.Quality, 0)
		b.SetString(event.UserAgent, fmt.Sprintf("agent %d", i))
		b.SetString(event.Path, fmt.Sprintf("/%d", i))
		b.EndRow()
	}
	stored(t, s, b)
	wantNumber(t, s, "SELECT toInt64(count()) FROM events WHERE user_agent = concat('agent ', toString(offset)) AND path = concat('/', toString(offset)) AND empty(quality)", rows)
}
