package correlate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// naive is the plain meaning of correlations: it looks at all events at once,
// again and again. It shares nothing with the engine but the text of hold.
type naive struct {
	records []fed
	known   map[*sigma.Correlation][]naiveMatch
}

// fed is a record with the rules that match it.
type fed struct {
	*line
	rules []*sigma.Rule
}

// naiveEvent is an event of a member.
type naiveEvent struct {
	time   int64
	file   string
	offset int64
	member int
	id     string
	value  string
	number float64
}

// naiveMatch is a finding with the times at which its parents see it.
type naiveMatch struct {
	group  []string
	window int64
	times  []int64
}

func (n *naive) findings(cs []*sigma.Correlation) []string {
	var all []string
	for _, c := range cs {
		for _, m := range n.matches(c) {
			all = append(all, name(c, m.group, m.window))
		}
	}
	sort.Strings(all)
	return all
}

func name(c *sigma.Correlation, group []string, window int64) string {
	return fmt.Sprintf("%s [%s] %d", c.Title, strings.Join(group, " "), window)
}

func (n *naive) matches(c *sigma.Correlation) []naiveMatch {
	if m, ok := n.known[c]; ok {
		return m
	}
	var found []naiveMatch
	for group, events := range n.events(c) {
		windows := map[int64][]int64{}
		span := int64(c.Timespan)
		for _, t := range naiveTimes(c, events) {
			k := int64(math.Floor(float64(t) / float64(span)))
			windows[k*span] = append(windows[k*span], t)
		}
		for w, times := range windows {
			found = append(found, naiveMatch{group: splitGroup(group), window: w, times: times})
		}
	}
	n.known[c] = found
	return found
}

func splitGroup(group string) []string {
	if group == "" {
		return []string{}
	}
	return strings.Split(group, "\x00")
}

// events are a correlation's events by group.
func (n *naive) events(c *sigma.Correlation) map[string][]naiveEvent {
	groups := map[string][]naiveEvent{}
	add := func(member int, e naiveEvent, value func(field string) string) {
		var group, values []string
		for _, f := range c.GroupBy {
			group = append(group, value(own(&c.Members[member], f)))
		}
		for _, f := range c.Fields {
			values = append(values, value(own(&c.Members[member], f)))
		}
		if slices.Contains(group, "") || slices.Contains(values, "") {
			return
		}
		e.member, e.value = member, strings.Join(values, "\x00")
		if len(values) > 0 {
			e.number, _ = parseNumber([]byte(values[0]))
		}
		key := strings.Join(group, "\x00")
		groups[key] = append(groups[key], e)
	}
	for i, m := range c.Members {
		if m.Correlation != nil {
			for _, child := range n.matches(m.Correlation) {
				for _, t := range child.times {
					add(i, naiveEvent{time: t, id: fmt.Sprint(i, child.group, child.window)}, func(field string) string {
						if at := slices.Index(m.Correlation.GroupBy, field); at >= 0 {
							return child.group[at]
						}
						return ""
					})
				}
			}
			continue
		}
		for _, r := range n.records {
			if slices.Contains(r.rules, m.Rule) {
				e := naiveEvent{time: r.at, file: r.file, offset: r.offset, id: fmt.Sprint(r.file, r.offset)}
				add(i, e, func(field string) string { return r.values[field] })
			}
		}
	}
	return groups
}

// naiveTimes are the times at which a correlation's parents see it; there is
// one in a window exactly if the window has a finding.
func naiveTimes(c *sigma.Correlation, events []naiveEvent) (times []int64) {
	span := int64(c.Timespan)
	rising := rises(c.Bounds) && c.Type != sigma.ValueAvg && c.Type != sigma.ValuePercentile
	if !rising {
		windows := map[int64][]naiveEvent{}
		for _, e := range events {
			k := int64(math.Floor(float64(e.time) / float64(span)))
			windows[k] = append(windows[k], e)
		}
		for k, in := range windows {
			if naiveHolds(c, in) {
				times = append(times, (k+1)*span-1)
			}
		}
		return times
	}
	for _, end := range events {
		var in []naiveEvent
		for _, e := range events {
			if e.time > end.time-span && e.time <= end.time {
				in = append(in, e)
			}
		}
		if naiveHolds(c, in) {
			times = append(times, end.time)
		}
	}
	return times
}

// naiveValue is what a type counts the different ones of; nil: it does not.
func naiveValue(c *sigma.Correlation) func(naiveEvent) string {
	switch c.Type {
	case sigma.ValueCount:
		return func(e naiveEvent) string { return e.value }
	case sigma.Temporal:
		return func(e naiveEvent) string { return fmt.Sprint(e.member) }
	case sigma.EventCount:
		if takes, _ := contentOf(c); takes == takesIdentity {
			return func(e naiveEvent) string { return e.id }
		}
	}
	return nil
}

func naiveHolds(c *sigma.Correlation, in []naiveEvent) bool {
	if what := naiveValue(c); what != nil {
		return hold(c.Bounds, float64(naiveDistinct(in, what)))
	}
	switch c.Type {
	case sigma.EventCount:
		return hold(c.Bounds, float64(naiveDistinct(in, func(e naiveEvent) string { return e.id })))
	case sigma.TemporalOrdered:
		return hold(c.Bounds, float64(naiveLongest(in, nil)))
	}
	in = slices.Clone(in)
	slices.SortFunc(in, func(a, b naiveEvent) int { return cmp.Compare(a.id, b.id) })
	in = slices.CompactFunc(in, func(a, b naiveEvent) bool { return a.id == b.id })
	return naiveNumbersHold(c, in)
}

func naiveNumbersHold(c *sigma.Correlation, in []naiveEvent) bool {
	sum, numbers, counts := 0.0, []float64{}, map[string]float64{}
	for _, e := range in {
		sum += e.number
		numbers = append(numbers, e.number)
		counts[e.value]++
	}
	sort.Float64s(numbers)
	n := float64(len(in))
	switch {
	case c.Type == sigma.ValueSum:
		return hold(c.Bounds, sum)
	case c.Type == sigma.ValueAvg:
		return hold(c.Bounds, sum/n)
	case c.Percentile > 0:
		return hold(c.Bounds, numbers[int(c.Percentile/100*(n-1))])
	}
	for _, k := range counts {
		if hold(c.Bounds, 100*k/n) {
			return true
		}
	}
	return false
}

func naiveDistinct(in []naiveEvent, what func(naiveEvent) string) int {
	seen := map[string]bool{}
	for _, e := range in {
		seen[what(e)] = true
	}
	return len(seen)
}

// naiveLongest is the length of the longest chain after an event.
func naiveLongest(in []naiveEvent, after *naiveEvent) int {
	longest := 0
	for i := range in {
		if after == nil || in[i].member > after.member && naiveFollows(*after, in[i]) {
			longest = max(longest, 1+naiveLongest(in, &in[i]))
		}
	}
	return longest
}

func naiveFollows(p, c naiveEvent) bool {
	if p.time != c.time {
		return p.time < c.time
	}
	return p.file == "" || p.file != c.file || p.offset < c.offset
}
