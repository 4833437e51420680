package watch

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/baseline/series"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

const trained = 10 // days

// train gives the snapshot of a Watch that has seen ten ordinary days.
func train(t *testing.T) []byte {
	t.Helper()
	w := New(Options{})
	s := plain(1)
	list := s.run(t, w, 0, trained)
	t.Logf("%d told in training, %+v%s", len(beginnings(list)), w.Stats(), show(list))
	var b bytes.Buffer
	if err := w.WriteSnapshot(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// plain is the site of these tests: three APIs with ten routes, two gateways,
// forty people, and a job that runs at night.
func plain(seed uint64) *site {
	s := newSite(seed, 3, 10).crowd(40)
	s.routes = append(s.routes, &simRoute{name: "POST /nightly", api: "jobs", latency: 0.1, bytes: 500})
	s.plant = func(at time.Time, r *simRoute, d *drawn) { nightly(at, r, d) }
	return s
}

// nightly is the job's course: fifty requests at half past two.
func nightly(at time.Time, r *simRoute, d *drawn) {
	if r.name == "POST /nightly" {
		d.rate = 0
		if at.Hour() == 2 && at.Minute() >= 30 && at.Minute() < 35 {
			d.exactly = 10
		}
	}
}

// A planted is what happens to the site in a time, and what is to be told.
type planted struct {
	name   string
	plant  func(at time.Time, r *simRoute, d *drawn)
	late   func(at time.Time, m *series.Minute)
	from   time.Time
	days   float64 // that are run
	within time.Duration
	lasts  time.Duration // 0 = it is not looked at when it is over
	shape  []finding.Shape
	where  string
	actor  string
	part   string
}

func TestEachShapeIsFoundAtItsPlace(t *testing.T) {
	t.Parallel()
	snapshot := train(t)
	noon := when(trained, 12, 0)
	for _, p := range []planted{
		{
			name: "burst of one client on one route", from: noon, days: 0.75, within: 5 * time.Minute, lasts: 10 * time.Minute,
			plant: func(at time.Time, r *simRoute, d *drawn) {
				if r.name == "GET /r1/{id}" && between(at, noon, 10*time.Minute) {
					d.rate += 400
					d.top = []series.Top{{Carrier: series.ByAddress, Value: "198.51.100.7", Requests: 400}}
				}
			},
			shape: []finding.Shape{finding.Burst}, where: "GET /r1/{id}", actor: "address:198.51.100.7", part: "198.51.100.7",
		},
		{
			name: "errors on one route", from: noon, days: 0.75, within: 6 * time.Minute, lasts: 30 * time.Minute,
			plant: func(at time.Time, r *simRoute, d *drawn) {
				if r.name == "GET /r2/{id}" && between(at, noon, 30*time.Minute) {
					d.fails = 0.4
				}
			},
			shape: []finding.Shape{finding.Glitch}, where: "GET /r2/{id}",
		},
		{
			name: "latency on one gateway", from: noon, days: 0.75, within: 6 * time.Minute, lasts: 30 * time.Minute,
			late: func(at time.Time, m *series.Minute) {
				if between(at, noon, 30*time.Minute) {
					slowGateway(m)
				}
			},
			shape: []finding.Shape{finding.Glitch}, where: "gw1",
		},
		{
			name: "everything fails", from: noon, days: 0.75, within: 4 * time.Minute, lasts: 30 * time.Minute,
			plant: func(at time.Time, r *simRoute, d *drawn) {
				if between(at, noon, 30*time.Minute) {
					d.fails = 0.3
				}
			},
			shape: []finding.Shape{finding.Burst}, where: series.WholeName,
		},
		{
			name: "a gateway is silent", from: noon, days: 0.75, within: 5 * time.Minute, lasts: time.Hour,
			plant: func(at time.Time, r *simRoute, d *drawn) {
				if between(at, noon, time.Hour) {
					d.gateways = []float64{0.5, 0}
				}
			},
			shape: []finding.Shape{finding.Silent}, where: "log1",
		},
		{
			name: "a route stops", from: noon, days: 0.75, within: 20 * time.Minute,
			plant: func(at time.Time, r *simRoute, d *drawn) {
				if r.name == "GET /r3/{id}" && between(at, noon, 4*time.Hour) {
					d.rate = 0
				}
			},
			shape: []finding.Shape{finding.Silent}, where: "GET /r3/{id}",
		},
		{
			name: "a night's job does not come", from: when(trained, 2, 30), days: 0.5, within: 3 * time.Hour,
			plant: func(at time.Time, r *simRoute, d *drawn) {
				if r.name == "POST /nightly" && at.Day() == noon.Day() {
					d.exactly = 0
				}
			},
			shape: []finding.Shape{finding.Silent}, where: "POST /nightly",
		},
		{
			name: "errors grow over days", from: when(trained, 0, 0), days: 2.8, within: 60 * time.Hour,
			plant: func(at time.Time, r *simRoute, d *drawn) {
				if r.name == "GET /r0/{id}" {
					d.fails += 0.005 * at.Sub(when(trained, 0, 0)).Hours() / 24
				}
			},
			shape: []finding.Shape{finding.Drift, finding.Glitch}, where: "GET /r0/{id}",
		},
		{
			name: "one large response", from: noon, days: 0.75, within: 2 * time.Minute,
			plant: func(at time.Time, r *simRoute, d *drawn) {
				if r.name == "GET /r4/{id}" && at.Equal(noon) {
					d.largest = &series.Single{
						Bytes: 400 << 20, Time: at.UnixNano(), Principal: finding.Actor{Kind: finding.User, Value: "u1"},
						Sighting: finding.Sighting{Path: "/r4/all"},
					}
				}
			},
			shape: []finding.Shape{finding.Single}, where: "GET /r4/{id}", actor: "user:u1",
		},
		{
			name: "formats that should not be", from: noon, days: 0.75, within: 10 * time.Minute, lasts: 30 * time.Minute,
			late: func(at time.Time, m *series.Minute) {
				for i := range m.Rows {
					row := &m.Rows[i]
					if row.Key.Name == "GET /r1/{id}" && between(at, noon, 30*time.Minute) {
						row.Values[series.OddFormats] = 0.5
					}
				}
			},
			shape: []finding.Shape{finding.Broken}, where: "GET /r1/{id}",
		},
	} {
		t.Run(p.name, func(t *testing.T) { p.check(t, snapshot) })
	}
	t.Run("our own denials are silent", func(t *testing.T) { testDenials(t, snapshot) })
	t.Run("a holiday is one anomaly", func(t *testing.T) { testHoliday(t, snapshot) })
	t.Run("somebody does more than anybody", func(t *testing.T) { testPerson(t, snapshot) })
	t.Run("works for the first time", func(t *testing.T) { testFirst(t, snapshot) })
	t.Run("a restored watch goes on as the other", func(t *testing.T) { testRestored(t, snapshot) })
	t.Run("when all breaks in its own way", func(t *testing.T) { testFlood(t, snapshot) })
}

// slowGateway makes the second gateway three times as slow, and all that goes
// through it as slow as half of that makes it.
func slowGateway(m *series.Minute) {
	for i := range m.Rows {
		row := &m.Rows[i]
		switch {
		case row.Key.Name == "gw1" || row.Key.Name == "log1":
			row.Values[series.Latency95] *= 3
		case row.Key.Name != "gw0" && row.Key.Name != "log0":
			row.Values[series.Latency95] *= 2
		}
	}
}

func (p *planted) check(t *testing.T, snapshot []byte) {
	w := restored(t, snapshot)
	s := plain(2)
	ordinary := s.plant
	s.plant = func(at time.Time, r *simRoute, d *drawn) {
		ordinary(at, r, d)
		if p.plant != nil {
			p.plant(at, r, d)
		}
	}
	s.late = p.late
	list := s.run(t, w, trained, trained+p.days)
	var mine []Anomaly
	for _, a := range beginnings(list) {
		if a.Key.Name == p.where && slices.Contains(p.shape, a.Statistic.Shape) {
			mine = append(mine, a)
		}
	}
	if len(mine) == 0 {
		t.Fatalf("not found: want %v at %s; told:%s", p.shape, p.where, show(list))
	}
	if delay := time.Unix(0, mine[0].Time).Sub(p.from); delay < 0 || delay > p.within {
		t.Errorf("told after %v, want within %v:%s", delay, p.within, show(list))
	}
	if more := len(beginnings(list)); more > 1 {
		t.Errorf("told as %d incidents:%s", more, show(list))
	}
	p.checkWho(t, list)
	if p.lasts > 0 {
		p.checkEnd(t, list, mine[0].ID)
	}
	t.Logf("%s", show(list))
}

// checkEnd looks at when it was over: it is told once, and says so.
func (p *planted) checkEnd(t *testing.T, list []Anomaly, id string) {
	t.Helper()
	var over []Anomaly
	for _, a := range list {
		if a.ID == id && a.Over {
			over = append(over, a)
		}
	}
	if len(over) != 1 {
		t.Fatalf("told %d times that it is over:%s", len(over), show(list))
	}
	if late := over[0].Statistic.Until.Sub(p.from.Add(p.lasts)); late < -5*time.Minute || late > 20*time.Minute {
		t.Errorf("over %v after it was:%s", late, show(list))
	}
}

func (p *planted) checkWho(t *testing.T, list []Anomaly) {
	t.Helper()
	named, blamed := p.part == "", p.actor == ""
	for _, a := range list {
		for _, part := range a.Statistic.Parts {
			named = named || part.Value == p.part
		}
		for _, actor := range a.Actors {
			blamed = blamed || actor.String() == p.actor
		}
	}
	if !named || !blamed {
		t.Errorf("want part %q and actor %q in:%s", p.part, p.actor, show(list))
	}
}
