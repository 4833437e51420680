package watch

import (
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/baseline/series"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

func TestDescribe(t *testing.T) {
	since := time.Date(2026, 3, 4, 14, 2, 0, 0, time.UTC)
	f := func(a Anomaly, title, reason string) {
		t.Helper()
		a.Statistic.Since = since
		gotTitle, gotReason := Describe(&a)
		if gotTitle != title || gotReason != title+": "+reason {
			t.Errorf("got  %q\n     %q\nwant %q\n     %q", gotTitle, gotReason, title, title+": "+reason)
		}
	}
	route := series.Key{Dimension: series.Route, Name: "GET /export", API: "shop"}
	f(Anomaly{
		Key: route, Measure: series.ServerErrors, Weight: 1204, Step: minute,
		Statistic: finding.Statistic{
			Shape: finding.Glitch, Unit: "of the answers", Expected: 0.002, Upper: 0.01, Seen: 0.38, Probability: 2.5e-5,
			Parts: []finding.Part{{Kind: "address", Value: "198.51.100.7", Share: 0.91}},
		},
	}, "GET /export answers 5xx",
		"38 % of 1,204 requests, expected 0.2 % (at most 1 %), since 2026-03-04 14:02 UTC; by chance once in 40,000 looks; 91 % of it by 198.51.100.7")
	f(Anomaly{
		Key: series.Key{Dimension: series.Source, Name: "nginx"}, Measure: series.Requests, Step: 10 * minute,
		Statistic: finding.Statistic{Shape: finding.Silent, Unit: "requests", Expected: 1234, Probability: 1e-30},
	}, "Source nginx is silent",
		"no request, where 1,234 were expected, since 2026-03-04 14:02 UTC; by chance practically never")
	f(Anomaly{
		Key: route, Measure: series.Latency95, Step: minute, Also: []series.Measure{series.Latency50},
		Statistic: finding.Statistic{
			Shape: finding.Glitch, Unit: "s", Expected: 0.05, Upper: 0.08, Seen: 1.25, Probability: 1e-6, Until: since.Add(time.Hour),
		},
	}, "GET /export is slow",
		"1.2 s, expected 50 ms (at most 80 ms), from 2026-03-04 14:02 UTC to 2026-03-04 15:02 UTC; by chance once in 1,000,000 looks; also off: median latency")
	f(Anomaly{
		Key: route, Measure: series.ResponseBytes, Step: minute,
		Statistic: finding.Statistic{Shape: finding.Single, Unit: "bytes", Expected: 2000, Upper: 90_000, Seen: 419e6, Probability: 1e-9},
	}, "GET /export: one response of 419 MB",
		"the mean is 2 kB, the largest before were 90 kB, since 2026-03-04 14:02 UTC; by chance once in 1,000,000,000 looks")
	f(Anomaly{
		Key: series.Key{Dimension: series.Whole, Name: series.WholeName}, Measure: series.Requests, Step: minute, Early: true,
		Statistic: finding.Statistic{Shape: finding.Burst, Unit: "requests a minute", Expected: 12, Upper: 40, Seen: 2500},
	}, "All traffic has more requests",
		"2,500 requests a minute, expected 12 (at most 40), since 2026-03-04 14:02 UTC; nothing was learnt of it yet")
	f(Anomaly{
		Key: route, Measure: series.Requests, Step: minute,
		Statistic: finding.Statistic{
			Shape: finding.First, Seen: 1, Parts: []finding.Part{{Kind: "principal kind", Value: "key", Share: 1}, {Kind: "method", Value: "GET", Share: 1}},
		},
	}, "GET /export works for a key for the first time",
		"it had worked for others only, since 2026-03-04 14:02 UTC")
}

func TestEveryMeasureHasAVerb(t *testing.T) {
	seen := map[string]series.Measure{}
	for m := range series.Measure(series.Measures) {
		for _, up := range []float64{0, 2} {
			a := Anomaly{Key: series.Key{Dimension: series.API, Name: "x"}, Measure: m, Statistic: finding.Statistic{Expected: 1, Seen: up}}
			title, reason := Describe(&a)
			if other, there := seen[title]; there && other != m && sortOf(m) != slow {
				t.Errorf("%v and %v are both %q", m, other, title)
			}
			seen[title] = m
			if strings.Contains(reason, "NaN") || strings.Contains(reason, "  ") {
				t.Errorf("%q", reason)
			}
		}
	}
}

func TestQuantity(t *testing.T) {
	f := func(v float64, unit, want string) {
		t.Helper()
		if got := Quantity(v, unit); got != want {
			t.Errorf("%v %s is %q, want %q", v, unit, got, want)
		}
	}
	f(0.0004, "s", "400 µs")
	f(0.25, "s", "250 ms")
	f(1.25, "s", "1.2 s")
	f(320, "s", "320 s")
	f(999, "bytes", "999 bytes")
	f(1234, "bytes a response", "1.2 kB a response")
	f(56.7e6, "bytes", "57 MB")
	f(3e15, "bytes", "3,000 TB")
	f(0.384, "of the answers", "38 % of the answers")
	f(0.0021, "of the answers", "0.2 % of the answers")
	f(0.0000001, "of the requests", "under 0.001 % of the requests")
	f(1234567, "requests a minute", "1,234,567 requests a minute")
	f(-1234, "x", "-1,234 x")
	f(2.5, "requests a minute", "2.5 requests a minute")
}
