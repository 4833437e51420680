package endtoend

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
)

// TestBacklogIsNoFlood: an hour of ordinary traffic of 20 partners' clients is
// read at once after an outage. It is judged by the time in its lines: nobody
// is found, blocked or told about, and the store has it at those times.
func TestBacklogIsNoFlood(t *testing.T) {
	t.Parallel()
	const partners, requests = 20, 1200 // each; one every three seconds
	end := time.Now().Truncate(time.Second).Add(-10 * time.Minute)
	file := filepath.Join(t.TempDir(), "backlog.log")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	out := bufio.NewWriter(f)
	for i := range requests {
		at := end.Add(time.Duration(i-requests) * 3 * time.Second)
		for partner := range partners {
			fmt.Fprintf(out, "198.51.100.%d - partner%d [%s] \"POST /v1/orders/%d HTTP/1.1\" 201 310 \"-\" \"partner-client/2.1\"\n",
				partner+1, partner, at.Format("02/Jan/2006:15:04:05 -0700"), i*partners+partner)
		}
	}
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	p := newPlay(t, stage.Settings{"sources": []stage.Source{{Name: "partners", Paths: []string{file}}}})
	p.stored("source = 'partners'", partners*requests)
	p.eventually("detection has seen it all", func(ctx context.Context) error {
		n, err := p.service.API.Metric(ctx, "honeymoat_detect_rows_total")
		if err == nil && n < partners*requests {
			err = fmt.Errorf("%v rows", n)
		}
		return err
	})
	got, err := p.service.Query(p.deadline(), "SELECT uniqExact(toStartOfMinute(time)), max(time) < now() - 500, groupUniqArray(route) FROM events WHERE source = 'partners'")
	p.must(err)
	if got != "60\t1\t['/v1/orders/{id}']" && got != "61\t1\t['/v1/orders/{id}']" {
		t.Errorf("minutes, whether all are past, and routes: %s", got)
	}
	for _, name := range []string{"honeymoat_detect_findings_total", "honeymoat_respond_blocks_total"} {
		if n, err := p.service.API.Metric(p.deadline(), name); err != nil || n != 0 {
			t.Errorf("%s = %v, %v", name, n, err)
		}
	}
}
