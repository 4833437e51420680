package watch

import (
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/baseline/series"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// requests is a batch of a minute's requests for two routes, of which some fail.
func requests(at time.Time, n, fail int) *event.Batch {
	b := &event.Batch{Header: event.Header{Source: "log", Gateway: "gw"}}
	for i := range n {
		b.SetNumber(event.Time, at.Add(time.Duration(i)*time.Minute/time.Duration(n)).UnixNano())
		b.SetAddr(event.ClientAddress, netip.MustParseAddr("192.0.2."+strconv.Itoa(i%50)))
		b.SetString(event.Method, "GET")
		b.SetString(event.Route, "/r"+strconv.Itoa(i%2)+"/{id}")
		b.SetString(event.Path, "/r"+strconv.Itoa(i%2)+"/"+strconv.Itoa(i))
		b.SetString(event.API, "shop")
		b.SetString(event.Tags, "owner:payments")
		status := int64(200)
		if i%2 == 1 && i < 2*fail {
			status = 500
		}
		b.SetNumber(event.Status, status)
		b.SetNumber(event.ResponseBytes, 1000+int64(i))
		b.SetNumber(event.Duration, int64(50*time.Millisecond)+int64(i)*int64(time.Millisecond))
		b.EndRow()
	}
	return b
}

// From records to an anomaly: two hours of requests, of which those of one
// route fail in the end.
func TestFromRecordsToAnAnomaly(t *testing.T) {
	w := New(Options{MinLearning: time.Hour})
	var told []Anomaly
	feed := func(from, to, fail int) {
		for i := from; i < to; i++ {
			at := simStart.Add(time.Duration(i) * time.Minute)
			b := requests(at, 60+i%7, fail)
			w.Add(b, 0, b.Rows(), nil, at.Add(time.Minute).UnixNano())
			told = append(told, w.Advance(at.Add(time.Minute).UnixNano())...)
		}
	}
	feed(0, 240, 0)
	if len(told) > 0 {
		t.Fatalf("told of nothing:%s", show(told))
	}
	feed(240, 250, 25)
	if len(told) == 0 {
		t.Fatalf("nothing was told: %+v", w.Stats())
	}
	a := told[0]
	if a.Key.Name != "GET /r1/{id}" || a.Key.Owner != "payments" || a.Measure != series.ServerErrors ||
		a.Statistic.Shape != finding.Glitch && a.Statistic.Shape != finding.Broken || !a.First || a.Over {
		t.Errorf("told:%s", show(told))
	}
	if e, ok := w.Expect(a.Key, series.Requests, w.now); !ok || e.Expected < 20 || e.Expected > 45 || e.Step != minute {
		t.Errorf("expected %+v, %v", e, ok)
	}
}
