package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// cargo collects messages of one kind and turns them into inserts.
type cargo[M any] interface {
	// fits tells whether m may join what is there already.
	fits(m M) bool
	// add takes over what it needs of m.
	add(m M)
	// inserts gives what was collected, in a fixed order. It is valid until
	// reset.
	inserts() []insert
	reset()
}

// insert is one statement with its data.
type insert struct {
	table   string
	columns string // list in parentheses; empty: named by the data
	format  string
	body    *body
	rows    int
	fault   error // why it cannot even be tried
}

// Bounds of one insert. A larger one costs the engine less for each row, and
// memory on both sides: two of them exist at a time.
const (
	maxInsertRows  = 131_072
	maxInsertBytes = 48 << 20
)

// lines collects batches. All of them were received on one day, so that an
// insert is one part in one partition: stored as a whole or not at all.
type lines struct {
	events   *eventRows
	rejected *rejectedRows
	outcomes *outcomeRows
	day      int64
	bytes    int
}

func newLines() *lines {
	return &lines{events: newEventRows(), rejected: newRejectedRows(), outcomes: newOutcomeRows()}
}

func (l *lines) empty() bool {
	return l.events.rows == 0 && l.rejected.rows == 0 && l.outcomes.rows == 0
}

func (l *lines) fits(b *event.Batch) bool {
	return l.empty() || l.day == receivedDay(b) &&
		l.events.rows+b.Rows() <= maxInsertRows && l.bytes+b.Bytes() <= maxInsertBytes
}

func (l *lines) add(b *event.Batch) {
	l.day = receivedDay(b)
	l.bytes += b.Bytes()
	l.events.add(b)
	if b.Lane == "" {
		l.rejected.add(b)
		return
	}
	l.outcomes.add(b)
}

// receivedDay is the partition of a batch's rows.
func receivedDay(b *event.Batch) int64 {
	return time.Unix(0, b.Received).UTC().Truncate(24 * time.Hour).Unix()
}

func (l *lines) inserts() []insert {
	var out []insert
	if n := l.events.rows; n > 0 {
		out = append(out, nativeInsert("events", l.events.columns, n))
	}
	if n := l.rejected.rows; n > 0 {
		out = append(out, nativeInsert("quarantine", l.rejected.columns, n))
	}
	if n := l.outcomes.rows; n > 0 {
		out = append(out, nativeInsert("quarantine_outcomes", l.outcomes.columns, n))
	}
	return out
}

func nativeInsert(table string, columns []column, rows int) insert {
	var b body
	appendBlock(&b, columns, rows)
	return insert{table: table, columns: columnList(columns), format: "Native", body: &b, rows: rows}
}

func columnList(columns []column) string {
	var names []string
	for _, c := range columns {
		if c.used() {
			names = append(names, quoteName(c.name()))
		}
	}
	return "(" + strings.Join(names, ", ") + ")"
}

func (l *lines) reset() {
	l.events.reset()
	l.rejected.reset()
	l.outcomes.reset()
	l.bytes = 0
}

// errUnknownTable: a record is for a table that there is not.
var errUnknownTable = errors.New("there is no such table for records")

// recordTables are the tables that records may go to.
func recordTables() []string {
	return []string{"findings", "actors", "block_log", "audit", "agents", "routes", "baselines", "discards"}
}

// records collects records by table.
type records struct {
	tables []tableRows // in the order of their first record
	bytes  int
}

type tableRows struct {
	table string
	body  []byte
	rows  int
}

func (r *records) fits(m Record) bool { return r.bytes == 0 || r.bytes+len(m.Rows) <= maxInsertBytes }

func (r *records) add(m Record) {
	i := slices.IndexFunc(r.tables, func(t tableRows) bool { return t.table == m.Table })
	if i < 0 {
		i = len(r.tables)
		r.tables = append(r.tables, tableRows{table: m.Table})
	}
	t := &r.tables[i]
	for line := range strings.Lines(string(m.Rows)) {
		if line = strings.TrimSpace(line); line != "" {
			t.body = append(append(t.body, line...), '\n')
			t.rows++
		}
	}
	r.bytes += len(m.Rows)
}

func (r *records) inserts() []insert {
	var out []insert
	for _, t := range r.tables {
		ins := insert{table: t.table, format: "JSONEachRow", body: bodyOf(t.body), rows: t.rows}
		if !slices.Contains(recordTables(), t.table) {
			ins.fault = fmt.Errorf("table %q: %w", t.table, errUnknownTable)
		}
		if t.rows > 0 || ins.fault != nil {
			out = append(out, ins)
		}
	}
	return out
}

func (r *records) reset() { r.tables, r.bytes = nil, 0 }
