package match

import (
	"fmt"
	"slices"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/sigma"
)

func TestScanKeepsToItsRangeAndOrder(t *testing.T) {
	rules := parse(t, asks("cs-method: GET")+"---\n"+asks("path|startswith: /")+"---\n"+asks("user_agent: null"))
	b := batchOf(request{method: "GET", path: "/"}, request{path: "/a"}, request{method: "GET", path: "x", agent: "y"})
	s := Compile(rules, Options{}).Scanner()
	f := func(from, to int, want ...[2]int) {
		t.Helper()
		var got [][2]int
		s.Scan(b, from, to, func(row, rule int) { got = append(got, [2]int{row, rule}) })
		if !slices.Equal(got, want) {
			t.Errorf("rows %d to %d: %v, want %v", from, to, got, want)
		}
	}
	f(0, 3, [2]int{0, 0}, [2]int{0, 1}, [2]int{0, 2}, [2]int{1, 1}, [2]int{1, 2}, [2]int{2, 0})
	f(1, 2, [2]int{1, 1}, [2]int{1, 2})
	f(2, 99, [2]int{2, 0})
	f(-5, 0)
	f(2, 1)
	s.Scan(&event.Batch{}, 0, 10, func(row, _ int) { t.Errorf("an empty batch has a hit in row %d", row) })
}

func TestNoRulesFindNothing(t *testing.T) {
	s := Compile(nil, Options{}).Scanner()
	if got := hits(s, batchOf(request{path: "/a"})); len(got) > 0 || len(s.Costs()) > 0 {
		t.Errorf("no rules have hits %v", got)
	}
}

// A column that ends before the batch does is unknown from there on, also when
// its last text was kept.
func TestShortColumnsAreUnknown(t *testing.T) {
	var b event.Batch
	b.SetString(event.UserAgent, "nikto")
	b.SetNumber(event.Status, 200)
	b.EndRow()
	b.EndRow()
	rules := parse(t, asks("user_agent: nikto")+"---\n"+asks("status: 200")+"---\n"+asks("user_agent|neq: nikto"))
	want := [][2]int{{0, 0}, {0, 1}, {1, 2}}
	if got := hits(Compile(rules, Options{}).Scanner(), &b); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestScanDoesNotAllocate(t *testing.T) {
	text := ""
	for i := range 40 {
		text += madeRule(i) + "---\n"
	}
	text += asks("attack|exists: true") + "---\n" + asks("cs-uri-query|re: union.+select") + "---\n" + asks("path: '*a?min*'") +
		"---\n" + asks("forwarded_for|cidr: 10.0.0.0/8") + "---\n" + asks("sc-status|startswith: 4") + "---\n" + asks("time|hour: 3")
	b := batchOf(
		request{method: "GET", path: "/%2e%2e/Admin", query: "q=1%27+union+select", agent: "Nikto (Ä)", status: 404, at: 10_800},
		request{method: "POST", path: "/login", host: "a.example", forwarded: "10.1.2.3", status: 200, at: 1},
		request{method: "GET", path: "/a", agent: "curl/8", referer: "https://a.example/%41", status: 401, client: "192.0.2.1"},
	)
	s := Compile(parse(t, text), Options{}).Scanner()
	found := 0
	scan := func() { s.Scan(b, 0, b.Rows(), func(int, int) { found++ }) }
	scan()
	if found == 0 {
		t.Error("nothing is found")
	}
	if n := testing.AllocsPerRun(50, scan); n > 0 {
		t.Errorf("%v allocations for three rows", n)
	}
}

// What is kept of texts is bounded, and says the same when texts push each
// other out.
func TestKeptTextsPushEachOtherOut(t *testing.T) {
	rules := parse(t, asks("user_agent|endswith: '7'"))
	s := Compile(rules, Options{}).Scanner()
	for round := range 2 {
		var b event.Batch
		for i := range 4 * cacheSets {
			b.SetString(event.UserAgent, fmt.Sprintf("agent %d", i))
			b.EndRow()
		}
		want := 4 * cacheSets / 10
		if got := len(hits(s, &b)); got < want-1 || got > want+1 {
			t.Errorf("round %d: %d hits, want %d", round, got, want)
		}
	}
}

// Rules are not asked for the status again, whatever it is.
func TestAnyStatus(t *testing.T) {
	rules := parse(t, asks("sc-status|gte: 500")+"---\n"+asks("sc-status: [404, 1404]")+"---\n"+
		ruleOf("    a:\n        path: /x\n    b:\n        sc-status: 404\n    condition: a and not b\n"))
	s := Compile(rules, Options{}).Scanner()
	f := func(status int64, want string) {
		t.Helper()
		var b event.Batch
		b.SetString(event.Path, "/x")
		b.SetNumber(event.Status, status)
		b.EndRow()
		found := []int{}
		s.Scan(&b, 0, 1, func(_, rule int) { found = append(found, rule) })
		if got := fmt.Sprint(found); got != want {
			t.Errorf("status %d: rules %s, want %s", status, got, want)
		}
	}
	f(200, "[2]")
	f(404, "[1]")
	f(503, "[0 2]")
	f(1404, "[0 1 2]")
	f(-1, "[2]")
	f(event.Unknown, "[2]")
}

// What is found in texts is the same when they come back, and when a host
// stands before them.
func TestTextsComeBack(t *testing.T) {
	s := Compile(parse(t, asks("c-uri|contains: 'shop/admin'")+"---\n"+asks("path|contains: /secret")), Options{}).Scanner()
	b := batchOf(
		request{path: "/admin/secret"}, request{path: "/admin/secret"}, request{path: "/admin/secret"}, request{path: "/admin/secret", host: "shop"},
		request{path: "/admin/secret", host: "shop"}, request{path: "/admin/secret"}, request{path: "/shop/admin"}, request{path: "/shop/admin"},
	)
	found := map[int]int{}
	s.Scan(b, 0, b.Rows(), func(_, rule int) { found[rule]++ })
	if found[0] != 4 || found[1] != 6 {
		t.Errorf("hits by rule: %v", found)
	}
}

func TestCostsAreCounted(t *testing.T) {
	now := int64(0)
	clock := func() int64 { now += 100; return now }
	rules := parse(t, asks("path|re: '^/a+b'")+"---\n"+asks("path: /never-there")+"---\n"+ruleOf("    a:\n        path: /x*\n    b:\n        status: 200\n    condition: not a and b\n"))
	b := batchOf(request{path: "/aab", status: 200}, request{path: "/aac", status: 200}, request{path: "/b", status: 404})
	s := Compile(rules, Options{Clock: clock}).Scanner()
	hits(s, b)
	costs := s.Costs()
	if c := costs[0]; c.Rule != rules[0] || c.Rows == 0 || c.Hits != 1 || c.Searches == 0 || c.Steps < c.Rows || c.Time == 0 {
		t.Errorf("an expression costs %+v", c)
	}
	if c := costs[1]; c.Rows != 0 || c.Steps != 0 || c.Time != 0 {
		t.Errorf("a rule whose literal is never there costs %+v", c)
	}
	if c := costs[2]; c.Rows != 2 || c.Hits != 2 {
		t.Errorf("a rule that demands a status costs %+v: it is to be evaluated for that status only", c)
	}
}

func TestProgramIsSharedBetweenScanners(t *testing.T) {
	p := Compile(parse(t, asks("path|contains: admin")), Options{})
	b := batchOf(request{path: "/admin"})
	results := make(chan int)
	for range 4 {
		go func() { results <- len(hits(p.Scanner(), b)) }()
	}
	for range 4 {
		if got := <-results; got != 1 {
			t.Errorf("%d hits, want 1", got)
		}
	}
}

// A list of values that is too long for one automaton is found nevertheless.
func TestManyValues(t *testing.T) {
	it := &sigma.Item{Field: "path", Op: sigma.Matches}
	for i := range 12_000 {
		it.Values = append(it.Values, sigma.Value{Kind: sigma.TextValue, Pattern: literalOf(fmt.Sprintf("/%07d/%x", i*7919, i))})
	}
	r := &sigma.Rule{LogSource: sigma.LogSource{Category: webserver}, Condition: it}
	p := Compile([]*sigma.Rule{r}, Options{})
	if states := len(p.target.next) / int(p.target.width); states > maxStates {
		t.Errorf("%d states", states)
	}
	b := batchOf(request{path: fmt.Sprintf("/%07d/%x", 11_999*7919, 11_999)}, request{path: "/nothing"})
	if got := hits(p.Scanner(), b); len(got) != 1 {
		t.Errorf("hits %v", got)
	}
}
