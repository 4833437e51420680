package correlate

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/sigma"
)

const second = int64(time.Second)

// line is a record in tests.
type line struct {
	at     int64
	file   string
	offset int64
	values map[string]string
	fields []string
}

func (l *line) Time() int64            { return l.at }
func (l *line) Order() (string, int64) { return l.file, l.offset }
func (l *line) Value(field int) []byte { return []byte(l.values[l.fields[field]]) }

// rules are documents of rules named a to d, to correlate.
const rules = `
title: a
name: a
logsource: {category: webserver}
detection: {s: {path: /a}, condition: s}
---
title: b
name: b
logsource: {category: webserver}
detection: {s: {path: /b}, condition: s}
---
title: c
name: c
logsource: {category: webserver}
detection: {s: {path: /c}, condition: s}
---
title: d
name: d
logsource: {category: webserver}
detection: {s: {path: /d}, condition: s}
`

// bench is an engine with the rules that it correlates.
type bench struct {
	*Engine
	correlations   []*sigma.Correlation
	rules          map[string]*sigma.Rule
	found          []string
	matches        []Match
	offset, newest int64
	twice          bool
}

// parse reads correlations, separated by "---", each of the form
// "title; type; rules; group-by; timespan; condition; more", as YAML flow.
func parse(t testing.TB, correlations string) *sigma.Collection {
	t.Helper()
	text := rules
	for _, c := range strings.Split(strings.TrimSpace(correlations), "\n") {
		title, rest, _ := strings.Cut(strings.TrimSpace(c), ": ")
		text += fmt.Sprintf("---\ntitle: %s\nname: %s\ncorrelation: {%s}\n", title, title, rest)
	}
	collection, mistakes := sigma.Parse(sigma.Options{}, sigma.Source{Name: "test.yml", Data: []byte(text)})
	if len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	return collection
}

func newBench(t testing.TB, correlations string, o Options) *bench {
	t.Helper()
	return benchOf(parse(t, correlations), o)
}

func benchOf(c *sigma.Collection, o Options) *bench {
	b := &bench{newest: minTime, Engine: New(c.Correlations, o), correlations: c.Correlations, rules: map[string]*sigma.Rule{}}
	for _, r := range c.Rules {
		b.rules[r.Name] = r
	}
	return b
}

func (b *bench) emit(m Match) {
	name := name(m.Correlation, m.Group, m.Window)
	b.twice = b.twice || slices.Contains(b.found, name)
	b.found = append(b.found, name)
	b.matches = append(b.matches, m)
}

func (b *bench) feed(l *line, rules ...string) {
	l.fields = b.Fields()
	for _, r := range rules {
		b.Feed(b.rules[r], l, b.emit)
	}
}

// say feeds records written as "rules seconds key=value …", in one file.
func (b *bench) say(t testing.TB, text string) {
	t.Helper()
	for _, event := range strings.Split(text, ",") {
		var at float64
		words := strings.Fields(event)
		if _, err := fmt.Sscan(words[1], &at); err != nil {
			t.Fatal(err)
		}
		b.offset++
		l := &line{at: int64(at * float64(second)), file: "f", offset: b.offset, values: map[string]string{}}
		for _, w := range words[2:] {
			key, value, _ := strings.Cut(w, "=")
			l.values[key] = value
		}
		if file, ok := l.values["file"]; ok {
			l.file = file
		}
		b.feed(l, strings.Split(words[0], "+")...)
	}
}

// seen gives what was found, in short: "title[group]window in seconds".
func (b *bench) seen() string {
	var all []string
	for _, m := range b.matches {
		all = append(all, fmt.Sprintf("%s[%s]%d", m.Correlation.Title, strings.Join(m.Group, " "), m.Window/second))
	}
	sort.Strings(all)
	return strings.Join(all, " ")
}

func TestTypes(t *testing.T) {
	f := func(correlations, events, want string) {
		t.Helper()
		b := newBench(t, correlations, Options{Lateness: time.Minute})
		b.say(t, events)
		b.Finish(b.emit)
		if got := b.seen(); got != want || b.twice {
			t.Errorf("%s\n over %s\n gave %q (one of them twice: %t)\n want %q", correlations, events, got, b.twice, want)
		}
		if s := b.Stats(); s.Groups != 0 || s.Bytes != 0 {
			t.Errorf("%d groups of %d bytes are left", s.Groups, s.Bytes)
		}
	}
	const count = `x: type: event_count, rules: [a, b], group-by: [ip], timespan: 10s, condition: {gte: 3}`
	f(count, "a 1 ip=1, a 2 ip=1", "")
	f(count, "a 1 ip=1, a 2 ip=1, b 3 ip=1", "x[1]0")
	f(count, "a 1 ip=1, a 2 ip=2, b 3 ip=3", "")
	f(count, "a 1 ip=1, a 2 ip=1, b 11 ip=1", "")
	f(count, "a 1 ip=1, a 2 ip=1, b 10.9 ip=1", "x[1]10")
	f(count, "a 1 ip=1, a+b 2 ip=1", "")
	f(count, "a 1 ip=1, a 2 ip=1, a 3", "")
	f(count, "a 1 ip=1, a 2 ip=1, a 3 ip=1, a 4 ip=1, a 11 ip=1, a 12 ip=1, a 31 ip=1", "x[1]0 x[1]10")
	f(count, "a -1 ip=1, a -2 ip=1, a -3 ip=1", "x[1]-10")
	f(`x: type: event_count, rules: [a], timespan: 10s, condition: {gt: 1}`, "a 1, a 2", "x[]0")
	f(`x: type: event_count, rules: [a], group-by: [ip, user], timespan: 10s, condition: {gt: 1}`, "a 1 ip=1 user=2, a 2 ip=1 user=3, a 3 ip=12, a 4 ip=1 user=2", "x[1 2]0")
	f(`x: type: event_count, rules: [a], group-by: [ip], timespan: 10s, condition: {lt: 3}`, "a 1 ip=1, a 2 ip=1, a 3 ip=1, a 1 ip=2, a 11 ip=1", "x[1]10 x[2]0")
	f(`x: type: event_count, rules: [a], group-by: [ip], timespan: 10s, condition: {gt: 1, lte: 2}`, "a 1 ip=1, a 2 ip=1, a 3 ip=1, a 1 ip=2, a 2 ip=2, a 1 ip=3", "x[2]0")
	f(`x: type: event_count, rules: [a], group-by: [ip], timespan: 10s, condition: {eq: 1}`, "a 1 ip=1, a 2 ip=2, a 3 ip=2", "x[1]0")
	f(`x: type: event_count, rules: [a], group-by: [ip], timespan: 10s, condition: {neq: 1}`, "a 1 ip=1, a 2 ip=2, a 3 ip=2", "x[2]0")

	const values = `x: type: value_count, rules: [a], group-by: [ip], timespan: 10s, condition: {field: user, gte: 3}`
	f(values, "a 1 ip=1 user=1, a 2 ip=1 user=2, a 3 ip=1 user=2, a 4 ip=1", "")
	f(values, "a 1 ip=1 user=1, a 2 ip=1 user=2, a 3 ip=1 user=3", "x[1]0")
	f(values, "a 1 ip=1 user=1, a 2 ip=1 user=2, a 9 ip=1 user=1, a 12 ip=1 user=3", "")
	f(values, "a 1 ip=1 user=1, a 3 ip=1 user=2, a 9 ip=1 user=1, a 12 ip=1 user=3", "x[1]10")
	f(`x: type: value_count, rules: [a], timespan: 10s, condition: {field: [ip, user], gte: 3}`, "a 1 ip=1 user=1, a 2 ip=1 user=2, a 3 ip=2 user=2, a 4 ip=2 user=2", "x[]0")
	f(`x: type: value_count, rules: [a], timespan: 10s, condition: {field: [ip, user], gte: 3}`, "a 1 ip=1 user=1, a 2 ip=1 user=2, a 4 ip=11 user=, a 4 ip=1 user=2", "")
	f(`x: type: value_count, rules: [a], timespan: 10s, condition: {field: ip, eq: 2}`, "a 1 ip=1, a 2 ip=2, a 3 ip=1, a 11 ip=1, a 12 ip=2, a 13 ip=3, a 14 ip=4, a 15 ip=5", "x[]0")

	const temporal = `x: type: temporal, rules: [a, b, c], group-by: [ip], timespan: 10s`
	f(temporal, "c 1 ip=1, b 2 ip=1, b 3 ip=1", "")
	f(temporal, "c 1 ip=1, b 2 ip=1, a 3 ip=1", "x[1]0")
	f(temporal, "a+b+c 1 ip=1", "x[1]0")
	f(temporal, "c 1 ip=1, b 2 ip=1, a 12 ip=1", "")
	f(`x: type: temporal, rules: [a, b, c], group-by: [ip], timespan: 10s, condition: {gte: 2}`, "c 1 ip=1, b 2 ip=1", "x[1]0")

	const ordered = `x: type: temporal_ordered, rules: [a, b, c], group-by: [ip], timespan: 10s`
	f(ordered, "a 1 ip=1, b 2 ip=1, c 3 ip=1", "x[1]0")
	f(ordered, "b 1 ip=1, a 2 ip=1, c 3 ip=1", "")
	f(ordered, "b 1 ip=1, a 2 ip=1, c 3 ip=1, a 4 ip=1, b 5 ip=1, a 6 ip=1, c 7 ip=1", "x[1]0")
	f(ordered, "a 1 ip=1, b 5 ip=1, c 12 ip=1", "")
	f(ordered, "a 1 ip=1, a 4 ip=1, b 5 ip=1, c 12 ip=1", "x[1]10")
	f(ordered, "a+b+c 1 ip=1", "")
	f(ordered, "a 1 ip=1, b 1 ip=1, c 1 ip=1", "x[1]0")
	f(ordered, "c 1 ip=1, b 1 ip=1, a 1 ip=1", "")
	f(ordered, "c 1 ip=1, b 1 ip=1 file=g, a 1 ip=1 file=h", "x[1]0")
	f(`x: type: temporal_ordered, rules: [a, b, c], group-by: [ip], timespan: 10s, condition: {gte: 2}`, "b 1 ip=1, a 2 ip=1, c 3 ip=1", "x[1]0")
	f(`x: type: temporal_ordered, rules: [a, b, c], group-by: [ip], timespan: 10s, condition: {eq: 2}`, "b 1 ip=1, a 2 ip=1, c 3 ip=1, a 11 ip=1, b 12 ip=1, c 13 ip=1", "x[1]0")

	const sum = `x: type: value_sum, rules: [a], group-by: [ip], timespan: 10s, condition: {field: bytes, gt: 100}`
	f(sum, "a 1 ip=1 bytes=50, a 2 ip=1 bytes=50", "")
	f(sum, "a 1 ip=1 bytes=50, a 2 ip=1 bytes=50.001", "x[1]0")
	f(sum, "a 1 ip=1 bytes=200, a 2 ip=1 bytes=-150, a 3 ip=1 bytes=x, a 4 ip=1 bytes=NaN", "x[1]0")
	f(sum, "a 5 ip=1 bytes=50, a 16 ip=1 bytes=90", "")
	f(sum, "a 5 ip=1 bytes=50, a 14 ip=1 bytes=90", "x[1]10")
	f(`x: type: value_sum, rules: [a], group-by: [ip], timespan: 10s, condition: {field: bytes, lt: 100}`, "a 1 ip=1 bytes=50, a 2 ip=2 bytes=100", "x[1]0")
	f(`x: type: value_avg, rules: [a], group-by: [ip], timespan: 10s, condition: {field: bytes, gt: 100}`, "a 1 ip=1 bytes=50, a 2 ip=1 bytes=151, a 2 ip=2 bytes=100", "x[1]0")

	const median = `x: type: value_percentile, rules: [a], group-by: [ip], timespan: 10s, condition: {field: ms, percentile: 50, gt: 100}`
	f(median, "a 1 ip=1 ms=5000, a 2 ip=1 ms=3, a 3 ip=1 ms=101", "x[1]0")
	f(median, "a 1 ip=1 ms=5000, a 2 ip=1 ms=3, a 3 ip=1 ms=99", "")
	const rare = `x: type: value_percentile, rules: [a], group-by: [ip], timespan: 10s, condition: {field: image, lte: 25}`
	f(rare, "a 1 ip=1 image=1, a 2 ip=1 image=2, a 3 ip=1 image=1", "")
	f(rare, "a 1 ip=1 image=1, a 2 ip=1 image=2, a 3 ip=1 image=1, a 4 ip=1 image=1", "x[1]0")
}

func TestAliases(t *testing.T) {
	b := newBench(t, `x: type: temporal, rules: [a, b], group-by: [internal, remote], timespan: 10s, aliases: {internal: {a: dst, b: src}, remote: {a: src, b: dst}}`, Options{})
	b.say(t, "a 1 src=1 dst=2, b 2 src=1 dst=2, b 3 src=2 dst=1")
	if got := b.seen(); got != "x[2 1]0" {
		t.Errorf("found %q", got)
	}
}

func TestChains(t *testing.T) {
	const chain = `
		failures: type: event_count, rules: [a], group-by: [user], timespan: 10s, condition: {gte: 3}
		broken: type: temporal_ordered, rules: [failures, b], group-by: [user], timespan: 20s`
	f := func(correlations, events, want string) {
		t.Helper()
		b := newBench(t, correlations, Options{Lateness: time.Minute})
		b.say(t, events)
		b.Finish(b.emit)
		if got := b.seen(); got != want || b.twice {
			t.Errorf("%s gave %q, want %q", events, got, want)
		}
	}
	f(chain, "a 1 user=1, a 2 user=1, a 3 user=1, b 4 user=1", "broken[1]0 failures[1]0")
	f(chain, "a 1 user=1, a 2 user=1, b 3 user=1, a 4 user=1", "failures[1]0")
	f(chain, "a 1 user=1, a 2 user=1, a 3 user=1, b 24 user=1", "failures[1]0")
	f(chain, "a 1 user=1, a 2 user=1, a 3 user=1, a 9 user=1, b 24 user=1", "broken[1]20 failures[1]0")
	f(chain, "b 4 user=1, a 1 user=1, a 2 user=1, a 3 user=1", "broken[1]0 failures[1]0")
	f(chain, "a 1 user=1, a 2 user=1, a 3 user=1, b 4 user=2", "failures[1]0")
	const again = `
		failures: type: event_count, rules: [a], group-by: [user], timespan: 10s, condition: {gte: 2}
		often: type: event_count, rules: [failures], group-by: [user], timespan: 60s, condition: {gte: 2}
		widely: type: value_count, rules: [failures], timespan: 60s, condition: {field: user, gte: 2}`
	f(again, "a 1 user=1, a 2 user=1, a 3 user=1, a 4 user=1", "failures[1]0")
	f(again, "a 1 user=1, a 2 user=1, a 21 user=1, a 22 user=1", "failures[1]0 failures[1]20 often[1]0")
	f(again, "a 1 user=1, a 2 user=1, a 3 user=2, a 4 user=2", "failures[1]0 failures[2]0 widely[]0")
	const quiet = `
		few: type: event_count, rules: [a], group-by: [user], timespan: 10s, condition: {lt: 2}
		then: type: temporal, rules: [few, b], group-by: [user], timespan: 20s
		seldom: type: event_count, rules: [few], group-by: [user], timespan: 10s, condition: {eq: 1}`
	f(quiet, "a 1 user=1, b 12 user=1", "few[1]0 seldom[1]0 then[1]0")
	f(quiet, "a 1 user=1, a 2 user=1, b 12 user=1", "")
	const other = `
		failures: type: event_count, rules: [a], group-by: [user], timespan: 10s, condition: {gte: 2}
		hosts: type: event_count, rules: [failures], group-by: [host], timespan: 10s, condition: {gte: 1}`
	f(other, "a 1 user=1 host=1, a 2 user=1 host=1", "failures[1]0")
}

func TestMatch(t *testing.T) {
	b := newBench(t, `x: type: event_count, rules: [a], group-by: [ip], timespan: 10s, condition: {gte: 7}`, Options{})
	for i := range 7 {
		b.say(t, fmt.Sprintf("a %d ip=1", 21+i))
	}
	if len(b.matches) != 1 {
		t.Fatalf("found %v", b.matches)
	}
	m := b.matches[0]
	if m.Window != 20*second || m.Time != 27*second || m.First != 21*second || m.Count != 7 || !m.Trigger {
		t.Errorf("found %+v", m)
	}
	if len(m.Sample) != 5 || m.Sample[0] != (Ref{"f", 3, 23 * second}) || m.Sample[4] != (Ref{"f", 7, 27 * second}) {
		t.Errorf("shows %+v", m.Sample)
	}
}

func TestSampleHasARecordOnce(t *testing.T) {
	b := newBench(t, `x: type: temporal, rules: [a, b, c], group-by: [ip], timespan: 10s`, Options{})
	b.say(t, "a 1 ip=1, a+b+c 2 ip=1")
	if m := b.matches[0]; len(m.Sample) != 2 || m.Sample[1].Offset != 2 {
		t.Errorf("shows %+v", m.Sample)
	}
}

func TestJudgedMatch(t *testing.T) {
	b := newBench(t, `x: type: event_count, rules: [a], group-by: [ip], timespan: 10s, condition: {lt: 7}`, Options{Lateness: 5 * time.Second})
	b.say(t, "a 4 ip=1, a 3 ip=1")
	b.Advance(15*second-1, b.emit)
	if len(b.matches) != 0 {
		t.Fatal("judged before all events could have come")
	}
	b.Advance(15*second, b.emit)
	if len(b.matches) != 1 {
		t.Fatalf("found %v", b.matches)
	}
	if m := b.matches[0]; m.Time != 10*second-1 || m.First != 3*second || m.Count != 2 || m.Trigger || len(m.Sample) != 2 {
		t.Errorf("found %+v", m)
	}
	b.say(t, "a 9 ip=1")
	b.Advance(100*second, b.emit)
	if s := b.Stats(); len(b.matches) != 1 || s.TooLate != 1 || s.Groups != 0 {
		t.Errorf("found %v, %+v", b.matches, s)
	}
}

func TestWantsAndFields(t *testing.T) {
	b := newBench(t, `x: type: value_count, rules: [a, b], group-by: [ip, who], timespan: 10s, condition: {field: path, gte: 7}, aliases: {who: {a: user, b: session}}`, Options{})
	if got := strings.Join(b.Fields(), " "); got != "ip user path session" {
		t.Errorf("fields %q", got)
	}
	if !b.Wants(b.rules["a"]) || !b.Wants(b.rules["b"]) || b.Wants(b.rules["c"]) {
		t.Error("wants the wrong rules")
	}
}

func TestLateAndLacking(t *testing.T) {
	b := newBench(t, `x: type: event_count, rules: [a], group-by: [ip], timespan: 10s, condition: {gte: 2}`, Options{Lateness: 5 * time.Second})
	b.Advance(1000*second, b.emit)
	b.say(t, "a 995 ip=1, a 994 ip=1, a 1000")
	if s := b.Stats(); s.Late != 1 || s.Lacking != 1 || s.Matches != 1 {
		t.Errorf("%+v", s)
	}
}
