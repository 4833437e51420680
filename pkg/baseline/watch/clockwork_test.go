package watch

import (
	"net/netip"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/baseline/series"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// checkedMinute is a minute of ordinary requests, and of as many of a health check.
func checkedMinute(n, checks int) *event.Batch {
	b := &event.Batch{Header: event.Header{Source: "log", Gateway: "gw"}}
	row := func(second, n int, route string) {
		b.SetNumber(event.Time, simStart.Add(time.Duration(n)*time.Minute+time.Duration(second)*time.Second).UnixNano())
		b.SetAddr(event.ClientAddress, netip.AddrFrom4([4]byte{192, 0, 2, byte(n % 50)}))
		b.SetString(event.Method, "GET")
		b.SetString(event.Route, route)
		b.SetString(event.Path, route)
		b.SetNumber(event.Status, 200)
		b.EndRow()
	}
	for i := range 15 + n*7%10 {
		row(i, n, "/items")
	}
	for i := range checks {
		row(30+i, n, "/health")
	}
	return b
}

// What comes like clockwork has never been silent, and a model gets used to its
// silence within minutes: it is missed all the same, for as long as it lasts.
func TestClockworkIsMissed(t *testing.T) {
	const begins, lasts = 2*24*60 - 300, 200
	f := func(checks, within int) {
		t.Helper()
		w := New(Options{})
		var told []Anomaly
		for n := range 2 * 24 * 60 {
			now := checks
			if n >= begins && n < begins+lasts {
				now = 0
			}
			b := checkedMinute(n, now)
			at := simStart.Add(time.Duration(n)*time.Minute + 59*time.Second).UnixNano()
			w.Add(b, 0, b.Rows(), nil, at)
			for _, a := range w.Advance(at) {
				if a.Key.Dimension == series.Route && (a.First || a.Over) {
					told = append(told, a)
				}
			}
		}
		since := func(a *Anomaly) int { return int((a.Time-simStart.UnixNano())/minute) - begins }
		if len(told) != 2 || told[0].Statistic.Shape != finding.Silent || told[0].Key.Name != "GET /health" || since(&told[0]) > within {
			t.Fatalf("%d a minute: told within %d minutes:%s", checks, within, show(told))
		}
		if over := since(&told[1]); !told[1].Over || over < lasts || over > lasts+5 {
			t.Errorf("%d a minute: over after %d minutes of %d", checks, over, lasts)
		}
	}
	f(1, 75)
	f(2, 40)
	f(10, 12)
}
