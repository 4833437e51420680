package correlate

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// everything has a correlation of each type, rising and judged, and some over
// others. Timespans are such that times in seconds are not cut.
const everything = `
	count: type: event_count, rules: [a, b], group-by: [ip], timespan: 16s, condition: {gte: 4}
	many: type: event_count, rules: [a, b, c], timespan: 64s, condition: {gt: 19}
	few: type: event_count, rules: [a], group-by: [ip], timespan: 16s, condition: {lte: 3}
	values: type: value_count, rules: [a, b], group-by: [ip], timespan: 16s, condition: {field: user, gte: 3}
	pairs: type: value_count, rules: [a, b], group-by: [ip], timespan: 32s, condition: {field: [user, bytes], gte: 9}
	exactly: type: value_count, rules: [a, b], group-by: [ip], timespan: 16s, condition: {field: user, eq: 2}
	near: type: temporal, rules: [a, b, c], group-by: [ip], timespan: 8s
	two: type: temporal, rules: [a, b, c], group-by: [ip], timespan: 8s, condition: {eq: 2}
	order: type: temporal_ordered, rules: [a, b, c], group-by: [ip], timespan: 16s
	partly: type: temporal_ordered, rules: [c, b, a], group-by: [ip], timespan: 4s, condition: {gte: 2}
	whole: type: temporal_ordered, rules: [a, b, c], group-by: [ip], timespan: 4s, condition: {neq: 1}
	sum: type: value_sum, rules: [a, b], group-by: [ip], timespan: 16s, condition: {field: bytes, gte: 20}
	low: type: value_sum, rules: [a, b], group-by: [ip], timespan: 16s, condition: {field: bytes, lt: 9}
	average: type: value_avg, rules: [a], group-by: [ip], timespan: 16s, condition: {field: bytes, gt: 5}
	median: type: value_percentile, rules: [a, b], group-by: [ip], timespan: 16s, condition: {field: bytes, percentile: 50, gt: 5}
	share: type: value_percentile, rules: [a, b, c], group-by: [ip], timespan: 16s, condition: {field: user, lt: 20}
	after: type: temporal_ordered, rules: [count, d], group-by: [ip], timespan: 16s
	both: type: temporal, rules: [count, near, d], group-by: [ip], timespan: 32s
	again: type: event_count, rules: [count], timespan: 48s, condition: {gte: 4}
	mixed: type: event_count, rules: [values, d], group-by: [ip], timespan: 32s, condition: {gte: 4}
	spread: type: value_count, rules: [count], timespan: 32s, condition: {field: ip, gte: 3}
	deep: type: temporal_ordered, rules: [order, after, d], group-by: [ip], timespan: 24s
	calm: type: temporal_ordered, rules: [few, count], group-by: [ip], timespan: 24s
	calmer: type: event_count, rules: [few, calm], group-by: [ip], timespan: 48s, condition: {lte: 2}`

// lateness of the random events.
const lateness = 20 * time.Second

// random makes events in the order of their times.
func random(rng *rand.Rand, n int, span int64) []*line {
	lines, users := make([]*line, n), []int{4, 4, 60}[rng.IntN(3)] // many: windows keep a part of the values
	for i := range lines {
		lines[i] = &line{at: rng.Int64N(span)*second - 100*second, file: fmt.Sprint("file", rng.IntN(2)), offset: int64(i), values: map[string]string{
			"ip": fmt.Sprint(rng.IntN(3)), "user": fmt.Sprint(rng.IntN(users)), "bytes": fmt.Sprint(rng.IntN(9)),
			"rules": []string{"a", "a", "b", "c", "d", "a b", "b c", "a b c"}[rng.IntN(8)],
		}}
		for key := range lines[i].values {
			if key != "rules" && rng.IntN(12) == 0 {
				delete(lines[i].values, key)
			}
		}
	}
	slices.SortStableFunc(lines, func(a, b *line) int { return cmp.Compare(a.at, b.at) })
	return lines
}

// late puts lines into an order in which each is late by at most lateness.
func late(rng *rand.Rand, lines []*line) []*line {
	arrival := map[*line]int64{}
	for _, l := range lines {
		arrival[l] = l.at + rng.Int64N(int64(lateness)+1)
	}
	lines = slices.Clone(lines)
	slices.SortFunc(lines, func(a, b *line) int { return cmp.Compare(arrival[a], arrival[b]) })
	return lines
}

// run feeds lines, and lets event time follow now and then.
func (b *bench) run(rng *rand.Rand, lines []*line) {
	for _, l := range lines {
		b.feed(l, strings.Fields(l.values["rules"])...)
		b.newest = max(b.newest, l.at)
		if rng.IntN(3) == 0 {
			b.Advance(b.newest, b.emit)
		}
	}
}

func (b *bench) sorted() []string {
	all := slices.Clone(b.found)
	sort.Strings(all)
	return all
}

func (b *bench) naive(lines []*line) []string {
	n := naive{known: map[*sigma.Correlation][]naiveMatch{}}
	for _, l := range lines {
		f := fed{line: l}
		for _, r := range strings.Fields(l.values["rules"]) {
			f.rules = append(f.rules, b.rules[r])
		}
		n.records = append(n.records, f)
	}
	return n.findings(b.correlations)
}

func differences(got, want []string) string {
	var out []string
	for _, g := range got {
		if !slices.Contains(want, g) {
			out = append(out, "too much: "+g)
		}
	}
	for _, w := range want {
		if !slices.Contains(got, w) {
			out = append(out, "missing: "+w)
		}
	}
	return strings.Join(out, "\n")
}

// What is found is what the plain meaning says, in any order of events within
// the lateness, and each finding is told once.
func TestEngineIsTheNaiveOneInAnyOrder(t *testing.T) {
	counts := map[string]int{}
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 1))
		lines := random(rng, 20+rng.IntN(150), 20+rng.Int64N(200))
		b := newBench(t, everything, Options{Lateness: lateness})
		want := b.naive(lines)
		for _, name := range want {
			counts[name[:strings.Index(name, " ")]]++
		}
		for try := range 4 {
			order := lines
			if try > 0 {
				order = late(rng, lines)
			}
			b := newBench(t, everything, Options{Lateness: lateness})
			b.run(rng, order)
			b.Finish(b.emit)
			if diff := differences(b.sorted(), want); diff != "" || b.twice {
				t.Fatalf("seed %d, try %d (one of them twice: %t):\n%s", seed, try, b.twice, diff)
			}
		}
	}
	for _, c := range newBench(t, everything, Options{}).correlations {
		if counts[c.Title] == 0 {
			t.Errorf("the events never complete %s: nothing was compared", c.Title)
		}
	}
}

// Restoring a snapshot, or adopting an engine, at any point changes nothing.
func TestRestoreAndAdoptAtEveryCut(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	lines := late(rng, random(rng, 120, 150))
	seed := func() *rand.Rand { return rand.New(rand.NewPCG(3, 3)) }
	whole := newBench(t, everything, Options{Lateness: lateness})
	whole.run(seed(), lines)
	whole.Finish(whole.emit)
	for cut := range lines {
		first, rng := newBench(t, everything, Options{Lateness: lateness}), seed()
		first.run(rng, lines[:cut])
		second := newBench(t, everything, Options{Lateness: lateness})
		if cut%2 == 0 {
			second.Adopt(first.Engine)
		} else {
			if err := second.Restore(snapshot(t, first)); err != nil {
				t.Fatalf("cut at %d: %v", cut, err)
			}
			if a, b := first.Stats(), second.Stats(); a.Groups != b.Groups {
				t.Fatalf("cut at %d: %d groups became %d", cut, a.Groups, b.Groups)
			}
		}
		second.found, second.newest = first.found, first.newest
		second.run(rng, lines[cut:])
		second.Finish(second.emit)
		if diff := differences(second.sorted(), whole.sorted()); diff != "" || second.twice {
			t.Fatalf("cut at %d: %s", cut, diff)
		}
	}
}
