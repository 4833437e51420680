package correlate

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// quick is a record that costs nothing to read.
type quick struct {
	at     int64
	offset int64
	values [4][]byte
}

func (q *quick) Time() int64            { return q.at }
func (q *quick) Order() (string, int64) { return "0000000000000001", q.offset }
func (q *quick) Value(field int) []byte { return q.values[field] }

func BenchmarkFeed(b *testing.B) {
	f := func(name, correlation string, groups, values int) {
		b.Run(name, func(b *testing.B) {
			e := newBench(b, correlation, Options{})
			rule, names := e.rules["a"], make([][]byte, max(groups, values))
			for i := range names {
				names[i] = fmt.Appendf(nil, "192.0.2.%d", i)
			}
			q, ignore := &quick{}, func(Match) {}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				q.at += int64(time.Millisecond)
				q.offset += 100
				q.values[0], q.values[1] = names[i%groups], names[i%values]
				e.Feed(rule, q, ignore)
				if i%500 == 0 {
					e.Advance(q.at, ignore)
				}
			}
		})
	}
	const by = `, rules: [a], group-by: [ip], timespan: 10m, condition: `
	f("count", `x: type: event_count`+by+`{gte: 20}`, 1000, 1)
	f("count_500", `x: type: event_count`+by+`{gte: 500}`, 1000, 1)
	f("count_many", `x: type: event_count`+by+`{gte: 100000}`, 1000, 1)
	f("count_one_group", `x: type: event_count`+by+`{gte: 20}`, 1, 1)
	f("values_20", `x: type: value_count`+by+`{field: user, gte: 20}`, 1000, 7777)
	f("values_1000", `x: type: value_count`+by+`{field: user, gte: 1000}`, 1000, 7777)
	f("judged", `x: type: event_count`+by+`{lt: 20}`, 1000, 1)
	f("ordered", `x: type: temporal_ordered, rules: [a, b, c], group-by: [ip], timespan: 10m`, 1000, 1)
}

func filled(t testing.TB, groups int) (*bench, *sigma.Rule) {
	e := newBench(t, `x: type: event_count, rules: [a], group-by: [ip], timespan: 1h, condition: {gte: 20}`, Options{})
	q, ignore := &quick{}, func(Match) {}
	for i := range 3 * groups {
		q.at += int64(time.Millisecond)
		q.offset += 100
		q.values[0] = strconv.AppendInt([]byte("2001:db8::"), int64(i%groups), 16)
		e.Feed(e.rules["a"], q, ignore)
	}
	return e, e.rules["a"]
}

func BenchmarkSnapshot100k(b *testing.B) {
	e, _ := filled(b, 100_000)
	for b.Loop() {
		b.SetBytes(int64(len(snapshot(b, e))))
	}
}

func BenchmarkRestore100k(b *testing.B) {
	e, _ := filled(b, 100_000)
	data := snapshot(b, e)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if err := e.Restore(data); err != nil {
			b.Fatal(err)
		}
	}
}
