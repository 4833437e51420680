package embedded_test

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/store/embedded/enginetest"
)

// TestResultIsStreamed reads the beginning of a result that is far larger than
// all the memory there is.
func TestResultIsStreamed(t *testing.T) {
	h := enginetest.Start(t)
	req, err := http.NewRequest(http.MethodPost, h.URL(),
		strings.NewReader("SELECT number, repeat('x', 200) FROM numbers(10000000000)"))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(h.User, h.Password)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for n := range 1_000_000 {
		if !lines.Scan() || !strings.HasPrefix(lines.Text(), fmt.Sprint(n, "\tx")) {
			t.Fatalf("line %d: %.40q, %v", n, lines.Text(), lines.Err())
		}
	}
	if peak := memory(t, h, "VmHWM"); peak > 700<<20 {
		t.Errorf("the engine took %d MiB for a streamed result", peak>>20)
	}
}

// TestInsertIsStreamed sends a body far larger than the engine keeps of it.
func TestInsertIsStreamed(t *testing.T) {
	h := enginetest.Start(t)
	c := serviceClient(t, h)
	c.want("CREATE TABLE big (a UInt64, s String) ENGINE = MergeTree ORDER BY a", "", "database", h.Database)
	const rows, row = 1_000_000, "\txxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"
	var body strings.Builder
	body.WriteString("INSERT INTO " + h.Database + ".big FORMAT TSV\n")
	for n := range rows {
		fmt.Fprint(&body, n, row)
	}
	c.want(body.String(), "")
	c.want("SELECT count(), uniqExact(a) FROM big", fmt.Sprintf("%d\t%d\n", rows, rows), "database", h.Database)
}

// TestBrokenInsert stores nothing of a body whose block is broken.
func TestBrokenInsert(t *testing.T) {
	h := enginetest.Start(t)
	c := serviceClient(t, h)
	db := []string{"database", h.Database}
	c.want("CREATE TABLE b (a UInt64) ENGINE = MergeTree ORDER BY a", "", db...)
	c.refused("INSERT INTO b FORMAT CSV\n1\n2\nthree\n", http.StatusBadRequest, "117", db...)
	c.want("SELECT count() FROM b", "0\n", db...)
	c.refused("not a compressed block at all, by no means", http.StatusInternalServerError, "271",
		"query", "INSERT INTO "+h.Database+".b FORMAT TSV", "decompress", "1")
	c.want("SELECT count() FROM b", "0\n", db...)
}
