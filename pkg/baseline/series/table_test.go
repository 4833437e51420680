package series

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// closed are the minutes of lines of a source, all over.
func closed(t *testing.T, refused []int, lines ...line) *gathered {
	t.Helper()
	g := newGathered(Options{})
	g.all(batchOf("shop", lines...), refused...)
	g.until(lines[len(lines)-1].at + 5*time.Minute)
	return g
}

func TestMinuteOfEveryDimension(t *testing.T) {
	g := closed(t, nil,
		line{at: 1 * time.Second, client: "192.0.2.1", user: "alice", route: "/users/{id}", path: "/users/1", api: "crm", owner: "sales", out: 100, in: 10, duration: 20e6, network: "AS64500"},
		line{at: 2 * time.Second, client: "192.0.2.1", user: "alice", route: "/users/{id}", path: "/users/2", api: "crm", owner: "sales", out: 300, in: 10, duration: 20e6, status: 404, network: "AS64500"},
		line{at: 3 * time.Second, client: "2001:db8::7", application: "reports", route: "/users/{id}", path: "/users/2", api: "crm", owner: "sales", out: 500, in: 40, duration: 20e6, status: 503},
		line{at: 9 * time.Second, client: "192.0.2.9", method: "POST", route: "/login", out: 700, duration: 20e6, status: 499},
	)
	m := g.of(t, 0)
	users := m.row(t, "route crm GET /users/{id}")
	want(t, users, map[Measure]float64{
		Requests: 3, ClientErrors: 1.0 / 3, ServerErrors: 1.0 / 3, RequestBytes: 20, ResponseBytes: 300, Paths: 2, Objects: 2,
		Principals: 2, Addresses: 2, OddHeaders: nan, OddQueries: nan, OddFormats: nan, Refused: 0,
	})
	if v := users.Values[Latency50]; math.Abs(v-0.02) > 0.001 {
		t.Errorf("median latency is %v", v)
	}
	if users.Weights[ClientErrors] != 3 || users.Weights[Requests] != 1 || users.Weights[Latency95] != 3 || users.Key.Owner != "sales" {
		t.Errorf("weights are %v, owner is %q", users.Weights, users.Key.Owner)
	}
	want(t, m.row(t, "route POST /login"), map[Measure]float64{Requests: 1, ClientErrors: nan, ServerErrors: nan, Objects: nan, Principals: nan, RequestBytes: nan})
	want(t, m.row(t, "whole all traffic"), map[Measure]float64{Requests: 4, Addresses: 3, Principals: 2, Paths: 3, ClientErrors: 1.0 / 3, ResponseBytes: 400})
	want(t, m.row(t, "gateway gw-shop"), map[Measure]float64{Requests: 4})
	want(t, m.row(t, "source shop"), map[Measure]float64{Requests: 4})
	want(t, m.row(t, "api crm"), map[Measure]float64{Requests: 3})
	want(t, m.row(t, "network AS64500"), map[Measure]float64{Requests: 2, ClientErrors: 0.5, Addresses: 1, Principals: 1, Latency50: nan})
	want(t, m.row(t, "application reports"), map[Measure]float64{Requests: 1, ServerErrors: 1, Objects: 1})
	want(t, m.row(t, "principal user:alice"), map[Measure]float64{Requests: 2, ClientErrors: 0.5, ServerErrors: nan, Paths: 2, Objects: 2, ResponseBytes: 200, Addresses: 1})
	want(t, m.row(t, "address 192.0.2.9"), map[Measure]float64{Requests: 1, ClientErrors: nan, Objects: 0})
	if a := m.row(t, "address 2001:db8::/64").Key.Actor(); a != (finding.Actor{Kind: finding.Prefix, Value: "2001:db8::/64"}) {
		t.Errorf("the actor is %v", a)
	}
	if a := m.row(t, "principal user:alice").Key.Actor(); a != (finding.Actor{Kind: finding.User, Value: "alice"}) {
		t.Errorf("the actor is %v", a)
	}
	if !slices.IsSortedFunc(g.minutes, func(a, b minute) int { return int(a.start - b.start) }) {
		t.Error("minutes are not in order")
	}
}

func TestEachMeasureOfADimensionIsToldOrNot(t *testing.T) {
	g := closed(t, nil, line{client: "192.0.2.1", user: "u", application: "a", network: "n", api: "x", route: "/{id}", path: "/1", out: 1, in: 1, duration: 1e6})
	for name, row := range g.of(t, 0).rows {
		of := MeasuresOf(row.Key.Dimension)
		for m := range Measure(Measures) {
			judged := m == OddHeaders || m == OddQueries || m == OddFormats // learns for long
			if told := !math.IsNaN(row.Values[m]); told != (of.Has(m) && !judged) {
				t.Errorf("%s: %s is %v", name, m, row.Values[m])
			}
			if math.IsNaN(row.Values[m]) != (row.Weights[m] == 0) {
				t.Errorf("%s: %s is %v with weight %v", name, m, row.Values[m], row.Weights[m])
			}
		}
	}
}

func TestRefusedCountAsOffered(t *testing.T) {
	g := closed(t, []int{0, 2},
		line{client: "192.0.2.1", user: "eve", route: "/a", status: 403, out: 9},
		line{client: "192.0.2.2", user: "bob", route: "/a", out: 100},
		line{client: "192.0.2.1", user: "eve", route: "/b", status: 403, out: 9},
	)
	m := g.of(t, 0)
	want(t, m.row(t, "whole all traffic"), map[Measure]float64{Requests: 3, Refused: 2, ClientErrors: 0, Paths: 1, Addresses: 1, ResponseBytes: 100})
	want(t, m.row(t, "route GET /b"), map[Measure]float64{Requests: 1, Refused: 1, ClientErrors: nan, Paths: nan})
	want(t, m.row(t, "address 192.0.2.1"), map[Measure]float64{Requests: 1 + 1, Refused: 2, ClientErrors: nan})
	want(t, m.row(t, "principal user:eve"), map[Measure]float64{Requests: 2, Refused: 2})
	for _, top := range m.row(t, "whole all traffic").Top {
		if top.Value == "192.0.2.1" || top.Carrier == ByStatus && top.Value == "4xx" {
			t.Errorf("a refused request carries traffic: %+v", top)
		}
	}
	if top := m.row(t, "route GET /b").Top; len(top) != 1 || top[0] != (Top{Carrier: ByStatus, Value: "refused", Requests: 1}) {
		t.Errorf("of refused requests is told %+v", top)
	}
}

func TestSilenceIsSeenOfPlacesOnly(t *testing.T) {
	g := closed(t, nil,
		line{client: "192.0.2.1", user: "u", route: "/a/{id}", path: "/a/1", api: "x", duration: 1e6, out: 5},
		line{at: 3 * time.Minute, client: "192.0.2.2", route: "/b"},
	)
	m := g.of(t, time.Minute)
	if got := strings.Join(m.order, ", "); got != "whole all traffic, gateway gw-shop, source shop, api x, route x GET /a/{id}" {
		t.Errorf("told are %s", got)
	}
	want(t, m.row(t, "route x GET /a/{id}"), map[Measure]float64{
		Requests: 0, Paths: 0, Objects: 0, Principals: 0, Addresses: 0, Refused: 0, ClientErrors: nan, Latency95: nan, ResponseBytes: nan,
	})
	want(t, g.of(t, 3*time.Minute).row(t, "whole all traffic"), map[Measure]float64{Requests: 1, Objects: 0})
}

func TestRecordsWithoutARoute(t *testing.T) {
	g := closed(t, nil,
		line{client: "192.0.2.1", path: "/x"}, line{client: "192.0.2.1", path: "/y", method: "BREW"},
		line{client: "192.0.2.1", path: "/y", method: "FROB"}, line{path: "/z", route: "/{unknown}"},
	)
	m := g.of(t, 0)
	want(t, m.row(t, "route GET {other}"), map[Measure]float64{Requests: 1, Objects: nan})
	want(t, m.row(t, "route OTHER {other}"), map[Measure]float64{Requests: 2})
	want(t, m.row(t, "route GET /{unknown}"), map[Measure]float64{Requests: 1, Objects: nan, Principals: nan})
}

func TestDecoysAndOurOwnCallsDoNotCount(t *testing.T) {
	g := newGathered(Options{})
	decoys, calls := batchOf("decoys", line{route: "/a"}), batchOf("calls", line{route: "/a"})
	decoys.Kind, calls.Direction = event.Decoy, event.Egress
	g.all(decoys)
	g.all(calls)
	g.until(5 * time.Minute)
	if len(g.minutes) != 0 {
		t.Errorf("told are %d minutes", len(g.minutes))
	}
}

func TestAPrincipalIsAUserElseATokenOrKey(t *testing.T) {
	g := closed(t, nil,
		line{user: "k1", kind: "key", session: "s", application: "a", route: "/a"}, line{user: "t1", kind: "token", route: "/a"},
		line{session: "s1", application: "a", route: "/a"}, line{application: "a", route: "/a"},
	)
	m := g.of(t, 0)
	want(t, m.row(t, "principal key:k1"), map[Measure]float64{Requests: 1})
	want(t, m.row(t, "principal token:t1"), map[Measure]float64{Requests: 1})
	want(t, m.row(t, "application a"), map[Measure]float64{Requests: 3, Principals: 3})
	want(t, m.row(t, "whole all traffic"), map[Measure]float64{Principals: 4})
	if g.Stats().Series[Principal] != 2 {
		t.Error("sessions have series")
	}
}

func TestOwnersFollowTheirTags(t *testing.T) {
	g := newGathered(Options{})
	for i, owner := range []string{"sales", "sales", "billing", ""} {
		g.all(batchOf("shop", line{at: time.Duration(i) * 5 * time.Minute, route: "/a", api: "x", owner: owner}))
	}
	g.until(25 * time.Minute)
	for i, owner := range []string{"sales", "sales", "billing", "billing"} {
		m := g.of(t, time.Duration(i)*5*time.Minute)
		for _, name := range []string{"route x GET /a", "api x"} {
			if got := m.row(t, name).Key.Owner; got != owner {
				t.Errorf("minute %d: the owner of %s is %q, want %q", i, name, got, owner)
			}
		}
	}
}

// traffic is random requests of several minutes, in no strict order of time.
func traffic(random *rand.Rand, n int) []line {
	lines := make([]line, n)
	for i := range lines {
		lines[i] = line{
			at:     time.Duration(i)*10*time.Minute/time.Duration(n) + time.Duration(random.IntN(20))*time.Second,
			client: "192.0.2." + string(rune('1'+random.IntN(9))), user: []string{"", "alice", "bob"}[random.IntN(3)],
			route: []string{"/a/{id}", "/b", "/c/{id}/d"}[random.IntN(3)], api: []string{"", "x", "y"}[random.IntN(3)],
			path:  "/a/" + string(rune('a'+random.IntN(26))) + "/d",
			query: []string{"", "a=1", "b=2&a=1"}[random.IntN(3)], status: []int64{200, 200, 404, 500}[random.IntN(4)],
			out: int64(random.IntN(1000)), in: int64(random.IntN(50)), duration: int64(random.IntN(1e9)), agent: "agent/" + string(rune('0'+random.IntN(10))),
		}
	}
	return lines
}

func TestRoutesAddUpToTheWhole(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	g := newGathered(Options{})
	for _, source := range []string{"one", "two", "one"} {
		g.all(batchOf(source, traffic(random, 500)...), 3, 50, 51)
	}
	g.until(30 * time.Minute)
	for _, m := range g.minutes {
		for _, d := range []Dimension{Route, Gateway, Source} {
			sums := [Measures]float64{}
			for _, r := range m.rows {
				if r.Key.Dimension == d {
					for _, of := range []Measure{Requests, Refused} {
						sums[of] += r.Values[of]
					}
					for _, of := range []Measure{ClientErrors, ServerErrors, ResponseBytes, RequestBytes} {
						if r.Weights[of] > 0 {
							sums[of] += r.Values[of] * r.Weights[of]
						}
					}
				}
			}
			whole := m.row(t, "whole "+WholeName)
			for of, sum := range sums {
				if w := whole.Weights[of]; w > 0 && sum != 0 && math.Abs(sum-whole.Values[of]*w) > 1e-6 {
					t.Errorf("%v: %s add up to %v of %v, the whole is %v", m.start, d, sum, Measure(of), whole.Values[of]*w)
				}
			}
		}
	}
	if n := g.Stats(); n.Late == 0 || n.Open != 0 {
		t.Errorf("late were %d, open are %d: want some, and none", n.Late, n.Open)
	}
}

func TestCuttingBatchesChangesNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	batches := []*event.Batch{batchOf("one", traffic(random, 400)...), batchOf("two", traffic(random, 400)...), batchOf("one", traffic(random, 300)...)}
	refused := []int{0, 7, 8, 200}
	whole := newGathered(Options{})
	for _, b := range batches {
		whole.all(b, refused...)
	}
	whole.until(40 * time.Minute)
	cut := newGathered(Options{})
	for _, b := range batches {
		now := b.Number(event.Time, b.Rows()-1)
		for from := 0; from < b.Rows(); {
			to := min(b.Rows(), from+1+random.IntN(60))
			cut.Add(b, from, to, refused, now, cut.take)
			cut.Close(now, cut.take)
			from = to
		}
	}
	cut.until(40 * time.Minute)
	if a, b := texts(whole.minutes), texts(cut.minutes); a != b {
		t.Errorf("whole:\n%.3000s\ncut:\n%.3000s", a, b)
	}
}
