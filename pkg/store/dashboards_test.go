package store

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/honeymoat/honeymoat/dashboards"
	"github.com/honeymoat/honeymoat/pkg/event"
)

// dashboard is what a test needs of Grafana's format.
type dashboard struct {
	UID        string
	Title      string
	Panels     []panel
	Templating struct {
		List []struct{ Type, Name, Query string }
	}
}

type panel struct {
	Type, Title, Description string
	Targets                  []struct{ RawSQL, QueryType string }
}

func readDashboards(t *testing.T) []dashboard {
	t.Helper()
	names, err := fs.Glob(dashboards.Files, "*.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []dashboard
	for _, name := range names {
		data, err := fs.ReadFile(dashboards.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		var d dashboard
		if err := json.Unmarshal(data, &d); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		list = append(list, d)
	}
	return list
}

// expand replaces the macros of the ClickHouse data source as its backend
// does, and variables as Grafana does when "All" is chosen.
func expand(sql string, from, to time.Time, values map[string][]string) string {
	timeFilter := regexp.MustCompile(`\$__timeFilter\(([^()]*)\)`)
	sql = timeFilter.ReplaceAllString(sql, fmt.Sprintf("$1 >= toDateTime(%d) AND $1 <= toDateTime(%d)", from.Unix(), to.Unix()))
	interval := regexp.MustCompile(`\$__timeInterval\(([^()]*)\)`)
	sql = interval.ReplaceAllString(sql, "toStartOfInterval(toDateTime($1), INTERVAL 60 second)")
	sql = strings.NewReplacer(
		"$__fromTime", fmt.Sprintf("toDateTime(%d)", from.Unix()),
		"$__toTime", fmt.Sprintf("toDateTime(%d)", to.Unix()),
		"$__interval_s", "60",
	).Replace(sql)
	for name, list := range values {
		sql = strings.ReplaceAll(sql, "${"+name+":singlequote}", "'"+strings.Join(list, "','")+"'")
	}
	return sql
}

// seedDashboards stores something that every panel has to show.
func seedDashboards(t *testing.T, s *Store, now time.Time) {
	t.Helper()
	b := makeBatch(0, 0, 0)
	b.Received = now.UnixNano()
	for i := range 50 {
		addRow(b, i)
	}
	for i := range 10 {
		b.SetNumber(event.Time, now.Add(-time.Minute).UnixNano())
		b.SetNumber(event.Offset, int64(1_000_000+i))
		b.SetNumber(event.Duration, int64(5*time.Millisecond))
		b.SetNumber(event.ResponseBytes, 100)
		b.SetNumber(event.Status, 403)
		b.SetString(event.DecisionAction, "deny")
		b.SetString(event.DecisionID, "00000000000000aa")
		b.EndRow()
	}
	b.Reject(event.Position{Offset: 9, Line: 9}, 4, "no request", []byte("junk"))
	stored(t, s, b)
	at := now.Add(-time.Minute)
	log := func(id, event string) row {
		return row{"id": id, "block_id": "00000000000000aa", "at": at, "event": event, "segment": "all", "scope": "address", "target": "198.51.100.7",
			"lifetime_seconds": 14400, "reason": "asked for /.env", "rule": "decoy.env-file", "by": "rule:decoy.env-file"}
	}
	refused := log("l2", "refused")
	refused["block_id"] = "00000000000000ab"
	recorded(t, s,
		record(t, "findings", findingRow("f1", at, row{"gateway": "gw0"}), findingRow("f2", at, row{"gateway": "gw0", "tier": "page"})),
		record(t, "block_log", log("l1", "added"), refused),
		record(t, "agents", row{"id": "r1", "at": at, "name": "edge-1", "gateway": "gw0", "segment": "all", "revision": 4, "latest": 5, "propagation_ms": 2.5, "connected": true}))
}

func TestEveryPanelShowsSomething(t *testing.T) {
	s, h := migrated(t)
	now := time.Now().UTC()
	seedDashboards(t, s, now)
	// Grafana reads with the account that may only read.
	viewer := openStore(t, h, func(o *Options) { o.User, o.Password = h.ViewerUser, h.ViewerPassword })
	from, to := now.Add(-time.Hour), now.Add(time.Minute)
	for _, d := range readDashboards(t) {
		values := map[string][]string{}
		for _, v := range d.Templating.List {
			if v.Type == "query" {
				values[v.Name] = strings.Fields(answer(t, viewer, d.Title+", variable "+v.Name, v.Query))
			}
		}
		for _, p := range d.Panels {
			if p.Type != "row" && (p.Description == "" || len(p.Targets) == 0) {
				t.Errorf("%s, %s: want a description and a query", d.Title, p.Title)
			}
			for _, target := range p.Targets {
				where := d.Title + ", " + p.Title
				sql := expand(target.RawSQL, from, to, values)
				if strings.Contains(sql, "$") {
					t.Errorf("%s: a macro or variable is left: %s", where, sql)
				}
				got := answer(t, viewer, where, sql)
				if p.Type == "stat" && (got == "0 " || got == "NaN " || got == "<nil> ") {
					t.Errorf("%s shows %q for seeded data", where, got)
				}
			}
		}
	}
}

// answer runs a query, which must give rows, and gives their values as text.
func answer(t *testing.T, s *Store, where, sql string) string {
	t.Helper()
	rows, err := s.conn.Query(t.Context(), sql)
	if err != nil {
		t.Errorf("%s: %v\n%s", where, err, sql)
		return ""
	}
	defer func() { _ = rows.Close() }()
	var out strings.Builder
	for rows.Next() {
		for _, v := range scanAny(t, rows) {
			fmt.Fprint(&out, v, " ")
		}
	}
	if err := rows.Err(); err != nil || out.Len() == 0 {
		t.Errorf("%s: no rows for seeded data, error %v\n%s", where, err, sql)
	}
	return out.String()
}

func scanAny(t *testing.T, rows driver.Rows) []any {
	t.Helper()
	into := make([]any, 0, len(rows.Columns()))
	for _, c := range rows.ColumnTypes() {
		into = append(into, newOf(c))
	}
	if err := rows.Scan(into...); err != nil {
		t.Fatal(err)
	}
	for i := range into {
		into[i] = deref(into[i])
	}
	return into
}

func newOf(c driver.ColumnType) any { return reflect.New(c.ScanType()).Interface() }

func deref(v any) any { return reflect.ValueOf(v).Elem().Interface() }
