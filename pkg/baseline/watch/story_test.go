package watch

import (
	"bytes"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/baseline/series"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// testPerson has one of forty people fetch far more than ever, spread over all
// routes, so that no place shows it.
func testPerson(t *testing.T, snapshot []byte) {
	noon := when(trained, 12, 0)
	list := runWith(t, snapshot, nil, func(at time.Time, m *series.Minute) {
		if !between(at, noon, 2*time.Hour) {
			return
		}
		row := personRow(m, "user:u7")
		row.Values[series.Requests] += 60
		row.Values[series.ResponseBytes], row.Weights[series.ResponseBytes] = 4e6, row.Values[series.Requests]
	}, 0.75)
	told := beginnings(list)
	if len(told) != 1 || told[0].Key.Name != "user:u7" {
		t.Fatalf("want one incident of user:u7; told:%s", show(list))
	}
	if want := (finding.Actor{Kind: finding.User, Value: "u7"}); !slices.Contains(told[0].Actors, want) {
		t.Errorf("actors %v", told[0].Actors)
	}
}

// personRow is somebody's row of a minute, made if there is none.
func personRow(m *series.Minute, name string) *series.Row {
	for i := range m.Rows {
		if m.Rows[i].Key.Name == name {
			return &m.Rows[i]
		}
	}
	row := series.Row{Series: 900, Key: &series.Key{Dimension: series.Principal, Name: name}}
	row.Weights[series.Requests] = 1
	m.Rows = append(m.Rows, row)
	return &m.Rows[len(m.Rows)-1]
}

func testFirst(t *testing.T, snapshot []byte) {
	noon := when(trained, 12, 0)
	list := runWith(t, snapshot, nil, func(at time.Time, m *series.Minute) {
		if !at.Equal(noon) {
			return
		}
		m.Firsts = []series.First{{
			Single: series.Single{
				Time: at.UnixNano(), Principal: finding.Actor{Kind: finding.User, Value: "u3"},
				Route:    &series.Key{Dimension: series.Route, Name: "GET /r1/{id}", API: "api1"},
				Sighting: finding.Sighting{Method: "GET", Path: "/r1/7", Status: 200},
			},
			Kind: "user", Method: "GET", Requests: 5000,
		}}
	}, 0.55)
	told := beginnings(list)
	if len(told) != 1 || told[0].Statistic.Shape != finding.First || told[0].Family != finding.Novelty ||
		told[0].Sighting.Path != "/r1/7" || told[0].Actors[0].Value != "u3" {
		t.Errorf("told:%s", show(list))
	}
}

// testRestored has one Watch go on, and another one that is stopped and
// restored in the middle of an incident.
func testRestored(t *testing.T, snapshot []byte) {
	noon := when(trained, 12, 0)
	plant := func(at time.Time, r *simRoute, d *drawn) {
		if r.name == "GET /r1/{id}" && between(at, noon, 40*time.Minute) {
			d.fails = 0.3
		}
	}
	run := func(restart bool) (list []Anomaly) {
		w := restored(t, snapshot)
		s := plain(5)
		ordinary := s.plant
		s.plant = func(at time.Time, r *simRoute, d *drawn) { ordinary(at, r, d); plant(at, r, d) }
		for _, part := range [][2]float64{{0, 0.5}, {0.5, 0.5 + 7.0/minutes}, {0.5 + 7.0/minutes, 0.6}} {
			list = append(list, s.run(t, w, trained+part[0], trained+part[1])...)
			if restart {
				var b bytes.Buffer
				if err := w.WriteSnapshot(&b); err != nil {
					t.Fatal(err)
				}
				w = restored(t, b.Bytes())
			}
		}
		return list
	}
	without, with := run(false), run(true)
	if len(without) < 2 {
		t.Fatalf("told:%s", show(without))
	}
	if !reflect.DeepEqual(without, with) {
		t.Errorf("never stopped:%s\nrestored:%s", show(without), show(with))
	}
}

// testFlood has each route break in another way at the same time, again and
// again.
func testFlood(t *testing.T, snapshot []byte) {
	list := runWith(t, snapshot, func(at time.Time, r *simRoute, d *drawn) {
		n := len(r.name) + int(r.rate) + at.Hour()
		switch on := at.Minute() < 15; {
		case on && n%3 == 0:
			d.fails = 0.5
		case on && n%3 == 1:
			d.latency *= 8
		case on:
			d.rate *= 20
		}
	}, nil, 2)
	most := int(purseSize(3) + purseDebt + 2*3)
	if told := len(beginnings(list)); told > most {
		t.Errorf("%d incidents were told, at most %d may be:%s", told, most, show(beginnings(list)))
	}
}

func TestRestoreRefusesWhatIsDamaged(t *testing.T) {
	w := New(Options{})
	s := newSite(1, 1, 2)
	s.run(t, w, 0, 0.1)
	var b bytes.Buffer
	if err := w.WriteSnapshot(&b); err != nil {
		t.Fatal(err)
	}
	good := b.Bytes()
	for _, n := range []int{3, 17, len(good) / 2, len(good) - 1} {
		if err := New(Options{}).Restore(good[:n]); err == nil {
			t.Errorf("%d of %d bytes were taken", n, len(good))
		}
	}
	bad := slices.Clone(good)
	bad[len(bad)/2] ^= 1
	if err := New(Options{}).Restore(bad); err == nil {
		t.Error("a flipped bit was taken")
	}
	if err := New(Options{}).Restore(good); err != nil {
		t.Error(err)
	}
	if err := w.Restore(nil); err != nil || len(w.places) > 0 {
		t.Errorf("without a snapshot %d places are remembered, %v", len(w.places), err)
	}
}

// FuzzRestore has anything as a snapshot: it is refused, or it is what it was.
func FuzzRestore(f *testing.F) {
	w := New(Options{})
	s := newSite(1, 1, 2).crowd(2)
	s.run(f, w, 0, 0.01)
	var b bytes.Buffer
	if err := w.WriteSnapshot(&b); err != nil {
		f.Fatal(err)
	}
	body, err := checked(b.Bytes())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Fuzz(func(t *testing.T, body []byte) {
		w := New(Options{})
		if w.codeAll(&coder{in: body}) != nil {
			return
		}
		var first, second bytes.Buffer
		if err := w.WriteSnapshot(&first); err != nil {
			t.Fatal(err)
		}
		again := New(Options{})
		if err := again.Restore(first.Bytes()); err != nil {
			t.Fatal(err)
		}
		if err := again.WriteSnapshot(&second); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Errorf("what was restored is written as something else: %v", err)
		}
	})
}
