package watch

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/baseline/series"
)

// A site is a service that is simulated by the minute, on the level of series:
// routes of APIs behind gateways, with days and weeks, errors, latency and
// sizes, and people who send the requests.
type site struct {
	rng    *rand.Rand
	start  int64
	routes []*simRoute
	people []*simPerson
	share  []float64 // of each gateway
	// plant changes what a route does in a minute, before its numbers are drawn.
	plant func(at time.Time, r *simRoute, d *drawn)
	// late changes a minute when all is summed up.
	late func(at time.Time, m *series.Minute)

	keys    map[series.Key]int32
	interns []*series.Key
	minute  series.Minute
	sums    []simSum
	order   []int32
	always  []int32
	few     bool // only requests and 5xx are told
}

type simRoute struct {
	name, api string
	rate      float64 // requests a minute, over a week
	night     float64 // share of it that comes at night, too
	fails     float64
	refuses   float64 // 4xx
	latency   float64 // seconds
	bytes     float64
	numbers   [][5]int32 // of the whole, gateway, source, API and route, by gateway
}

// drawn is what a minute of a route is drawn from.
type drawn struct {
	rate, fails, refuses, latency, bytes, denied float64
	gateways                                     []float64 // shares; nil = the site's
	top                                          []series.Top
	largest                                      *series.Single
	exactly                                      int // requests; -1 = by rate
}

type simPerson struct {
	key   series.Key
	daily float64 // active hours a day
	rate  float64 // requests in an active hour
}

type simSum struct {
	row                            series.Row
	requests, denied, failed, four float64
	time, bytes, weight            float64
}

var simStart = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC) // a Monday

func newSite(seed uint64, apis, routes int) *site {
	s := &site{
		rng: rand.New(rand.NewPCG(seed, 7)), start: simStart.UnixNano(),
		share: []float64{0.5, 0.5}, keys: map[series.Key]int32{},
	}
	for i := range routes {
		rate := 40.0 / float64(1+i*i/8) // a few carry most
		s.routes = append(s.routes, &simRoute{
			name: fmt.Sprintf("GET /r%d/{id}", i), api: fmt.Sprintf("api%d", i%apis), rate: rate, night: 0.2,
			fails: 0.001, refuses: 0.02, latency: 0.05 * (1 + float64(i%7)), bytes: 2000 * (1 + float64(i%5)),
		})
	}
	return s
}

func (s *site) crowd(n int) *site {
	for i := range n {
		s.people = append(s.people, &simPerson{
			key:   series.Key{Dimension: series.Principal, Name: fmt.Sprintf("user:u%d", i)},
			daily: 1 + 5*s.rng.Float64(), rate: math.Exp(2 + s.rng.NormFloat64()),
		})
	}
	return s
}

// course is that of day and week.
func course(night float64, at time.Time) float64 {
	h := float64(at.Hour()) + float64(at.Minute())/60
	day := math.Max(0, math.Sin((h-6)/24*2*math.Pi-math.Pi/6))
	if wd := at.Weekday(); wd == time.Saturday || wd == time.Sunday {
		day *= 0.4
	}
	return night + (1-night)*2.2*day
}

func (s *site) poisson(mean float64) float64 {
	if mean <= 0 {
		return 0
	}
	if mean > 30 {
		return math.Max(0, math.Round(mean+math.Sqrt(mean)*s.rng.NormFloat64()))
	}
	limit, k, p := math.Exp(-mean), 0.0, s.rng.Float64()
	for p > limit {
		p *= s.rng.Float64()
		k++
	}
	return k
}

func (s *site) number(k series.Key) int32 {
	n, ok := s.keys[k]
	if !ok {
		n = int32(len(s.interns))
		s.keys[k] = n
		s.interns = append(s.interns, &k)
		s.sums = append(s.sums, simSum{})
	}
	return n
}

// next makes a minute.
func (s *site) next(i int) *series.Minute {
	start := s.start + int64(i)*minute
	at := time.Unix(0, start).UTC()
	s.order = s.order[:0]
	for n := range s.sums {
		s.sums[n] = simSum{}
	}
	if s.always == nil {
		s.always = s.steady()
	}
	for _, n := range s.always {
		s.at(n)
	}
	for _, r := range s.routes {
		s.route(at, r)
	}
	for n, p := range s.people {
		s.person(at, n, p)
	}
	s.minute = series.Minute{Start: start, Rows: s.minute.Rows[:0]}
	for _, n := range s.order {
		s.minute.Rows = append(s.minute.Rows, s.sums[n].finish(n, s.interns[n], s.few))
	}
	if s.late != nil {
		s.late(at, &s.minute)
	}
	return &s.minute
}

// steady are the series that have a row in each minute.
func (s *site) steady() (list []int32) {
	list = append(list, s.number(series.Key{Dimension: series.Whole, Name: series.WholeName}))
	for g := range s.share {
		list = append(list, s.number(series.Key{Dimension: series.Gateway, Name: fmt.Sprintf("gw%d", g)}))
		list = append(list, s.number(series.Key{Dimension: series.Source, Name: fmt.Sprintf("log%d", g)}))
	}
	for _, r := range s.routes {
		if n := s.number(series.Key{Dimension: series.API, Name: r.api}); !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	return list
}

func (s *site) at(n int32) *simSum {
	sum := &s.sums[n]
	if sum.row.Key == nil {
		sum.row.Key = s.interns[n]
		s.order = append(s.order, n)
	}
	return sum
}

func (s *site) route(at time.Time, r *simRoute) {
	d := drawn{rate: r.rate * course(r.night, at), fails: r.fails, refuses: r.refuses, latency: r.latency, bytes: r.bytes, exactly: -1}
	if s.plant != nil {
		s.plant(at, r, &d)
	}
	shares := s.share
	if d.gateways != nil {
		shares = d.gateways
	}
	numbers := s.numbersOf(r)
	own := numbers[0][4]
	s.at(own)
	for g, share := range shares {
		n := s.poisson(d.rate * share)
		if d.exactly >= 0 {
			n = math.Round(float64(d.exactly) * share)
		}
		var draw simSum
		draw.requests, draw.weight = n+d.denied*share, n
		draw.denied = d.denied * share
		draw.failed = math.Min(n, s.poisson(n*d.fails))
		draw.four = math.Min(n-draw.failed, s.poisson(n*d.refuses))
		if n > 0 {
			draw.time = n * d.latency * math.Exp(0.3*s.rng.NormFloat64()/math.Sqrt(n))
			draw.bytes = n * d.bytes * math.Exp(0.5*s.rng.NormFloat64()/math.Sqrt(n))
		}
		for _, k := range numbers[g] {
			sum := s.at(k)
			sum.add(&draw)
			if g == 0 {
				sum.row.Top = append(sum.row.Top, d.top...)
			}
		}
	}
	if d.largest != nil {
		s.sums[own].row.Largest = d.largest
	} else if s.sums[own].weight > 0 {
		bytes := r.bytes * math.Exp(math.Abs(s.rng.NormFloat64()))
		s.sums[own].row.Largest = &series.Single{Bytes: int64(bytes), Time: at.UnixNano()}
	}
}

// numbersOf are those of the series that a route counts in.
func (s *site) numbersOf(r *simRoute) [][5]int32 {
	for g := len(r.numbers); g < len(s.share); g++ {
		r.numbers = append(r.numbers, [5]int32{
			s.number(series.Key{Dimension: series.Whole, Name: series.WholeName}),
			s.number(series.Key{Dimension: series.Gateway, Name: fmt.Sprintf("gw%d", g)}),
			s.number(series.Key{Dimension: series.Source, Name: fmt.Sprintf("log%d", g)}),
			s.number(series.Key{Dimension: series.API, Name: r.api}),
			s.number(series.Key{Dimension: series.Route, Name: r.name, API: r.api}),
		})
	}
	return r.numbers
}

func (s *simSum) add(d *simSum) {
	s.requests += d.requests
	s.denied += d.denied
	s.failed += d.failed
	s.four += d.four
	s.time += d.time
	s.bytes += d.bytes
	s.weight += d.weight
}

func (s *simSum) finish(n int32, key *series.Key, few bool) series.Row {
	row := &s.row
	row.Series, row.Key = n, key
	for m := range row.Values {
		row.Values[m] = math.NaN()
	}
	set := func(m series.Measure, v, weight float64) { row.Values[m], row.Weights[m] = v, weight }
	set(series.Requests, s.requests, 1)
	set(series.Refused, s.denied, 1)
	if s.weight > 0 {
		set(series.ServerErrors, s.failed/s.weight, s.weight)
		if !few {
			set(series.ClientErrors, s.four/s.weight, s.weight)
			set(series.ResponseBytes, s.bytes/s.weight, s.weight)
			set(series.OddFormats, 0, s.weight)
		}
		if key.Dimension.Steady() && !few {
			set(series.Latency95, s.time/s.weight, s.weight)
		}
	}
	return *row
}

func (s *site) person(at time.Time, n int, p *simPerson) {
	// Who is there at this hour is settled by the hour, not by the minute.
	turn := rand.New(rand.NewPCG(uint64(at.Unix()/3600), uint64(n)))
	if turn.Float64() > p.daily/24*course(0.3, at) {
		return
	}
	if k := s.poisson(p.rate / 60); k > 0 {
		sum := s.at(s.number(p.key))
		sum.add(&simSum{requests: k, weight: k, four: math.Min(k, s.poisson(0.02*k)), bytes: 3000 * k})
	}
}

// run has a Watch see the site's minutes from one day to another, and gives
// what it told.
func (s *site) run(t testing.TB, w *Watch, from, to float64) (list []Anomaly) {
	t.Helper()
	for i := int(from * minutes); i < int(to*minutes); i++ {
		w.minute(s.next(i))
		list = append(list, w.out...)
		w.out = w.out[:0]
	}
	return list
}

// when is a time of the simulation.
func when(day, hour, min int) time.Time {
	return simStart.Add(time.Duration(day)*24*time.Hour + time.Duration(hour)*time.Hour + time.Duration(min)*time.Minute)
}

func between(at, from time.Time, lasts time.Duration) bool {
	return !at.Before(from) && at.Before(from.Add(lasts))
}

// firsts are those of a list that begin incidents.
func beginnings(list []Anomaly) (first []Anomaly) {
	for _, a := range list {
		if a.First {
			first = append(first, a)
		}
	}
	return first
}

func show(list []Anomaly) string {
	text := ""
	for i := range list {
		_, reason := Describe(&list[i])
		text += fmt.Sprintf("\n  %s %s first=%v over=%v %v p=%.1e %s", time.Unix(0, list[i].Time).UTC().Format("01-02 15:04"),
			list[i].Statistic.Shape, list[i].First, list[i].Over, list[i].Severity, list[i].Statistic.Probability, reason)
	}
	return text
}
