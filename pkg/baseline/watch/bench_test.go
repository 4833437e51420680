package watch

import (
	"math"
	"strconv"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/baseline/series"
)

// Minutes of ten thousand series: a thousand routes of fifty APIs with four
// measures each, and people.
func BenchmarkMinute(b *testing.B) {
	w := New(Options{})
	m := manyRows(50, 1000, 8948)
	for i := range 90 {
		m.Start = simStart.UnixNano() + int64(i)*minute
		w.minute(m)
	}
	b.ReportAllocs()
	for i := 90; b.Loop(); i++ {
		m.Start = simStart.UnixNano() + int64(i)*minute
		for n := range m.Rows {
			v := &m.Rows[n].Values[series.Requests]
			*v = 30 + float64((n*7+i*13)%11)
		}
		w.minute(m)
	}
	b.ReportMetric(float64(len(m.Rows)*b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(w.models), "models")
}

func manyRows(apis, routes, people int) *series.Minute {
	m := &series.Minute{}
	add := func(k series.Key) {
		row := series.Row{Series: int32(len(m.Rows)), Key: &k}
		for i := range row.Values {
			row.Values[i] = math.NaN()
		}
		row.Values[series.Requests], row.Weights[series.Requests] = 30, 1
		row.Values[series.ClientErrors], row.Weights[series.ClientErrors] = 0.02, 30
		row.Values[series.ResponseBytes], row.Weights[series.ResponseBytes] = 2000, 30
		if k.Dimension.Steady() {
			row.Values[series.Latency95], row.Weights[series.Latency95] = 0.1, 30
		}
		m.Rows = append(m.Rows, row)
	}
	add(series.Key{Dimension: series.Whole, Name: series.WholeName})
	add(series.Key{Dimension: series.Gateway, Name: "gw"})
	for i := range apis {
		add(series.Key{Dimension: series.API, Name: "api" + strconv.Itoa(i)})
	}
	for i := range routes {
		add(series.Key{Dimension: series.Route, Name: "GET /" + strconv.Itoa(i), API: "api" + strconv.Itoa(i%apis)})
	}
	for i := range people {
		add(series.Key{Dimension: series.Address, Name: strconv.Itoa(i)})
	}
	return m
}
