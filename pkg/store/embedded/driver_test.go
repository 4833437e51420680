package embedded_test

import (
	"context"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/honeymoat/honeymoat/pkg/store/embedded/enginetest"
)

func TestFirst(t *testing.T) {
	h := enginetest.Start(t)
	conn, err := clickhouse.Open(h.ClickHouse())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx := context.Background()
	if err := conn.Exec(ctx, "CREATE TABLE t (a UInt64, b String) ENGINE=MergeTree ORDER BY a"); err != nil {
		t.Fatal(err)
	}
	b, err := conn.PrepareBatch(ctx, "INSERT INTO t")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		if err := b.Append(uint64(i), "x"); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Send(); err != nil {
		t.Fatal(err)
	}
	var n uint64
	if err := conn.QueryRow(ctx, "SELECT count() FROM t WHERE b={s:String}", clickhouse.Named("s", "x")).Scan(&n); err != nil || n != 1000 {
		t.Fatal(n, err)
	}
}
