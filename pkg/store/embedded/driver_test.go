package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/go-cmp/cmp"
	"github.com/honeymoat/honeymoat/pkg/store/embedded/enginetest"
)

func pidOf(h *enginetest.Handle) string { return strconv.Itoa(h.Engine.PID()) }

func dial(t *testing.T, opts *clickhouse.Options) driver.Conn {
	t.Helper()
	conn, err := clickhouse.Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func mustExec(t *testing.T, conn driver.Conn, query string) {
	t.Helper()
	if err := conn.Exec(t.Context(), query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// record has a column of each kind that the product stores.
type record struct {
	ID    uint64            `ch:"id"`
	Time  time.Time         `ch:"time"`
	IP    net.IP            `ch:"ip"`
	Note  *string           `ch:"note"`
	Tags  []string          `ch:"tags"`
	Kind  string            `ch:"kind"`
	Took  float64           `ch:"took"`
	Pairs map[string]string `ch:"pairs"`
	Level string            `ch:"level"`
}

const createRecords = `CREATE TABLE records (
	id UInt64, time DateTime64(6, 'UTC'), ip IPv6, note Nullable(String), tags Array(LowCardinality(String)),
	kind LowCardinality(String), took Float64, pairs Map(String, String), level Enum8('log' = 1, 'page' = 2)
) ENGINE = MergeTree ORDER BY id`

func makeRecords(n int) []record {
	note := "a note\nof two lines"
	out := make([]record, n)
	for i := range out {
		out[i] = record{
			ID: uint64(i), Time: time.UnixMicro(1_700_000_000_123_456 + int64(i)).UTC(), IP: net.ParseIP("2001:db8::1"),
			Tags: []string{"a", "b" + strconv.Itoa(i%3)}, Kind: "access", Took: math.Sqrt(float64(i)),
			Pairs: map[string]string{"k": strconv.Itoa(i)}, Level: "page",
		}
		if i%2 == 0 {
			out[i].Note = &note
		}
	}
	return out
}

// TestDriver writes and reads every kind of column with every compression.
func TestDriver(t *testing.T) {
	h := enginetest.Start(t)
	for _, method := range []clickhouse.CompressionMethod{
		clickhouse.CompressionNone, clickhouse.CompressionLZ4, clickhouse.CompressionZSTD,
		clickhouse.CompressionGZIP, clickhouse.CompressionDeflate, clickhouse.CompressionBrotli,
	} {
		t.Run(method.String(), func(t *testing.T) {
			opts := h.ClickHouse()
			opts.Compression = &clickhouse.Compression{Method: method, Level: 3}
			conn := dial(t, opts)
			mustExec(t, conn, "DROP TABLE IF EXISTS records SYNC")
			mustExec(t, conn, createRecords)
			want := makeRecords(20_000)
			insertRecords(t, conn, want)
			var got []record
			if err := conn.Select(t.Context(), &got, "SELECT * FROM records ORDER BY id"); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("read back (-want +got):\n%.2000s", diff)
			}
		})
	}
}

func insertRecords(t *testing.T, conn driver.Conn, records []record) {
	t.Helper()
	batch, err := conn.PrepareBatch(t.Context(), "INSERT INTO records")
	if err != nil {
		t.Fatal(err)
	}
	for i := range records {
		if err := batch.AppendStruct(&records[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := batch.Send(); err != nil {
		t.Fatal(err)
	}
}

func TestDriverParametersAndErrors(t *testing.T) {
	h := enginetest.Start(t)
	conn := dial(t, h.ClickHouse())
	mustExec(t, conn, createRecords)
	var n uint64
	err := conn.QueryRow(t.Context(), "SELECT count() FROM records WHERE kind = {k:String} AND id < {i:UInt64}",
		clickhouse.Named("k", "it's"), clickhouse.Named("i", "5")).Scan(&n)
	if err != nil || n != 0 {
		t.Errorf("parameters: %d, %v", n, err)
	}
	var exception *clickhouse.Exception
	if err := conn.Exec(t.Context(), "SELECT * FROM nowhere"); !errors.As(err, &exception) || exception.Code != 60 {
		t.Errorf("error: %v, want an exception with code 60", err)
	}
	rows, err := conn.Query(t.Context(), "SELECT throwIf(number = 500000) FROM numbers(1000000)")
	for err == nil && rows.Next() {
		continue
	}
	if err == nil {
		err = rows.Err()
	}
	if !errors.As(err, &exception) || exception.Code != 395 {
		t.Errorf("late error: %v, want an exception with code 395", err)
	}
	opts := h.ClickHouse()
	opts.Auth.Password = "wrong"
	if err := dial(t, opts).Ping(t.Context()); !errors.As(err, &exception) || exception.Code != 516 {
		t.Errorf("wrong password: %v, want an exception with code 516", err)
	}
}

// TestManyBlocks reads a result of many blocks through the driver.
func TestManyBlocks(t *testing.T) {
	conn := dial(t, enginetest.Start(t).ClickHouse())
	const want = 500_000
	rows, err := conn.Query(t.Context(), fmt.Sprintf("SELECT number, toString(number) FROM numbers(%d)", want))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var n uint64
	for ; rows.Next(); n++ {
		var number uint64
		var text string
		if err := rows.Scan(&number, &text); err != nil || number != n || text != strconv.FormatUint(n, 10) {
			t.Fatalf("row %d: %d, %q, %v", n, number, text, err)
		}
	}
	if err := rows.Err(); err != nil || n != want {
		t.Errorf("%d rows, %v; want %d", n, err, want)
	}
}

// TestDedupToken sends a batch twice, as a writer does that did not hear back.
func TestDedupToken(t *testing.T) {
	h := enginetest.Start(t)
	conn := dial(t, h.ClickHouse())
	mustExec(t, conn, "CREATE TABLE d (a UInt64) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 100")
	for _, token := range []string{"one", "one", "two", "one"} {
		ctx := clickhouse.Context(t.Context(), clickhouse.WithSettings(clickhouse.Settings{"insert_deduplication_token": token}))
		sendNumbers(t, ctx, conn, "d", 0, 1000)
	}
	if n := count(t, conn, "d"); n != 2000 {
		t.Errorf("%d rows, want 2000: two tokens of 1000", n)
	}
}

func sendNumbers(t *testing.T, ctx context.Context, conn driver.Conn, table string, from, n int) {
	t.Helper()
	if err := tryNumbers(ctx, conn, table, from, n); err != nil {
		t.Fatal(err)
	}
}

func tryNumbers(ctx context.Context, conn driver.Conn, table string, from, n int) error {
	batch, err := conn.PrepareBatch(ctx, "INSERT INTO "+table+" (a)")
	if err != nil {
		return err
	}
	for i := range n {
		if err := batch.Append(uint64(from + i)); err != nil {
			return err
		}
	}
	return batch.Send()
}

func count(t *testing.T, conn driver.Conn, table string) uint64 {
	t.Helper()
	var n uint64
	if err := conn.QueryRow(t.Context(), "SELECT count() FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestGrafana does what its ClickHouse data source does over HTTP.
func TestGrafana(t *testing.T) {
	h, _, _ := prepared(t)
	opts := h.Viewer()
	opts.Settings = clickhouse.Settings{"max_execution_time": 30, "max_result_rows": 100000}
	opts.Compression = &clickhouse.Compression{Method: clickhouse.CompressionGZIP, Level: 1}
	conn := dial(t, opts)
	if err := conn.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, query := range []string{
		"SELECT version()",
		"SHOW DATABASES",
		"SELECT name FROM system.tables WHERE database = '" + h.Database + "' AND is_temporary = 0",
		"SELECT name FROM system.columns WHERE database = '" + h.Database + "' AND table = 'events'",
		"SELECT name FROM system.functions LIMIT 5",
		"SELECT toString(toStartOfInterval(toDateTime(0), INTERVAL 1 minute)) AS time FROM events WHERE a >= 0 GROUP BY time",
	} {
		rows, err := conn.Query(t.Context(), query)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				t.Errorf("%s: %v", query, err)
			}
			names = append(names, name)
		}
		if err := rows.Err(); err != nil {
			t.Errorf("%s: %v", query, err)
		}
	}
	if len(names) < 10 {
		t.Errorf("only %q", names)
	}
	if err := conn.Exec(t.Context(), "DROP TABLE events"); err == nil {
		t.Error("the viewer dropped a table")
	}
}
