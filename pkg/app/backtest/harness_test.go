package backtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/respond"
	"github.com/honeymoat/honeymoat/pkg/sigma"
	"github.com/honeymoat/honeymoat/pkg/store"
)

// memory is a history in memory. A portion is so many rows.
type memory struct {
	batches []*event.Batch
	portion int
}

// Scan implements History.
func (m memory) Scan(ctx context.Context, q store.ScanQuery, parts int, fn func([]store.Portion) error) error {
	type row struct {
		batch *event.Batch
		row   int
	}
	var rows []row
	for _, b := range m.batches {
		for i := range b.Rows() {
			if at := time.Unix(0, b.Number(event.Time, i)); !at.Before(q.Since) && at.Before(q.Until) {
				rows = append(rows, row{b, i})
			}
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		return cmp.Compare(a.batch.Number(event.Time, a.row), b.batch.Number(event.Time, b.row))
	})
	done := int64(0)
	for chunk := range slices.Chunk(rows, cmp.Or(m.portion, 1000)) {
		portions := make([]store.Portion, parts)
		for _, r := range chunk {
			client := r.batch.Addr(event.ClientAddress, r.row)
			part := 0
			if client.IsValid() {
				part = int(finding.ActorOf(client).Value[len(finding.ActorOf(client).Value)-1]) % parts
			}
			portions[part] = append(portions[part], store.Run{Batch: r.batch, From: r.row, To: r.row + 1})
		}
		if err := errors.Join(context.Cause(ctx), fn(portions)); err != nil {
			return err
		}
		if done += int64(len(chunk)); q.Progress != nil {
			q.Progress(done, int64(len(rows)))
		}
	}
	return nil
}

// noon is when histories begin.
var noon = time.Date(2026, 3, 15, 12, 0, 0, 0, time.UTC)

// history makes a batch, row by row.
type history struct{ *event.Batch }

func newHistory() history {
	return history{&event.Batch{Header: event.Header{
		Source: "web", Gateway: "edge", Format: "combined", File: fmt.Sprintf("%016x", 1), Path: "access.log",
	}}}
}

// ask adds a request, so long after noon.
func (h history) ask(after time.Duration, client, path string, status int64) history {
	h.SetNumber(event.Time, noon.Add(after).UnixNano())
	h.SetNumber(event.Offset, int64(h.Rows())*100)
	h.SetNumber(event.Line, int64(h.Rows()+1))
	h.SetNumber(event.Length, 100)
	if client != "" {
		h.SetAddr(event.ClientAddress, netip.MustParseAddr(client))
	}
	h.SetString(event.Method, "GET")
	h.SetString(event.Path, path)
	h.SetNumber(event.Status, status)
	h.EndRow()
	return h
}

// probing finds requests for /probe, and asks for a block of an hour.
const probing = `title: Probing
id: 11111111-1111-4111-8111-111111111111
logsource: {category: webserver}
detection:
  selection: {path|startswith: /probe}
  condition: selection
level: high
honeymoat:
  family: recon
  block: {ttl: 1h}
`

func parse(t testing.TB, text string) Chosen {
	t.Helper()
	c, mistakes := Parse(sigma.Options{}, "rule.yml", text, nil)
	if len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	return c
}

// request asks for a day from noon on.
func request(c Chosen) Request {
	return Request{Chosen: c, Since: noon, Until: noon.Add(24 * time.Hour)}
}

func options(h History) Options {
	return Options{History: h, Guard: respond.NewGuard(respond.GuardOptions{}), Parts: 2}
}
