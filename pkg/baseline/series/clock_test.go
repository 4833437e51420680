package series

import (
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// told adds a request of a source at the caller's time.
func (g *gathered) told(source string, at, now time.Duration) {
	b := batchOf(source, line{at: at, client: "192.0.2.1", route: "/a"})
	g.Add(b, 0, 1, nil, start.Add(now).UnixNano(), g.take)
}

// requests are those of a source, or of all traffic, by minute.
func (g *gathered) requests(name string) (all []float64) {
	for _, m := range g.minutes {
		if r, ok := m.rows[name]; ok {
			all = append(all, r.Values[Requests])
		}
	}
	return all
}

func sum(all []float64) (n float64) {
	for _, v := range all {
		n += v
	}
	return n
}

const second = time.Second

func TestAMinuteWaitsForItsLastRecords(t *testing.T) {
	g := newGathered(Options{Lateness: 90 * time.Second})
	g.told("a", 10*second, 10*second)
	g.told("a", 149*second, 149*second)
	g.told("a", 59*second, 149*second) // as late as can be
	if len(g.minutes) != 0 {
		t.Fatalf("the minute was closed early")
	}
	g.told("a", 150*second, 150*second)
	g.told("a", 58*second, 150*second) // over
	want(t, g.of(t, 0).row(t, "whole all traffic"), map[Measure]float64{Requests: 2})
	if s := g.Stats(); s.Late != 1 || s.Early != 0 {
		t.Errorf("stats are %+v", s)
	}
}

func TestALineFromTheFutureMovesNothing(t *testing.T) {
	g := newGathered(Options{})
	g.told("a", 0, 0)
	for _, far := range []time.Duration{64 * 365 * 24 * time.Hour, 25 * time.Hour, 4 * time.Minute} {
		g.told("a", far, second)
	}
	g.told("a", 2*second, 2*second)
	g.until(5 * time.Minute)
	want(t, g.of(t, 0).row(t, "whole all traffic"), map[Measure]float64{Requests: 2})
	if s := g.Stats(); s.Early != 3 {
		t.Errorf("early were %d", s.Early)
	}
}

func TestASourceAheadMovesNoOther(t *testing.T) {
	g := newGathered(Options{})
	for at := time.Duration(0); at < 30*time.Minute; at += 10 * second {
		now := 2 * time.Hour // behind: what the caller says is no bound
		for _, source := range []string{"a", "b"} {
			g.told(source, at, now)
		}
		g.told("ahead", at+time.Hour, now)
	}
	if early, late := g.Stats().Early, g.Stats().Late; early > 25 || late != 0 {
		t.Errorf("early were %d, late %d", early, late)
	}
	want(t, g.of(t, 20*time.Minute).row(t, "source a"), map[Measure]float64{Requests: 6})
	want(t, g.of(t, 20*time.Minute).row(t, "source ahead"), map[Measure]float64{Requests: 6}) // set right
}

func TestAClockThatIsWrongIsSetRight(t *testing.T) {
	f := func(off time.Duration) {
		t.Helper()
		g := newGathered(Options{})
		for at := time.Duration(0); at < 20*time.Minute; at += 10 * second {
			g.told("a", at, at)
			g.told("b", at, at)
			skew := off
			if at >= 12*time.Minute {
				skew = 0 // somebody has repaired it
			}
			g.told("wrong", at+skew, at)
		}
		g.until(30 * time.Minute)
		want(t, g.of(t, 8*time.Minute).row(t, "source wrong"), map[Measure]float64{Requests: 6})
		want(t, g.of(t, 18*time.Minute).row(t, "source wrong"), map[Measure]float64{Requests: 6})
		if lost := g.Stats().Late + g.Stats().Early; lost < 15 || lost > 45 {
			t.Errorf("by %v: %d records did not count", off, lost)
		}
		if n := sum(g.requests("source a")); n != 120 {
			t.Errorf("by %v: another source has %v", off, n)
		}
	}
	f(-time.Hour)
	f(-26 * time.Hour)
	f(time.Hour)
	f(30 * time.Hour)
}

func TestWhoCatchesUpMakesNoBurst(t *testing.T) {
	g := newGathered(Options{})
	behind := time.Duration(0)
	for at := 10 * time.Minute; at < 20*time.Minute; at += second {
		g.told("a", at, at)
		for range 20 { // twenty times as fast as time
			if behind < at {
				g.told("b", behind, at)
				behind += second
			}
		}
	}
	for _, n := range g.requests("source b") {
		if n > 60 {
			t.Errorf("a minute has %v requests", n)
		}
	}
	if n := g.requests("source a"); n[3] != 60 {
		t.Errorf("the other source has %v", n)
	}
}

func TestTimeGoesOnInSilence(t *testing.T) {
	g := newGathered(Options{})
	g.told("a", 0, time.Hour) // an hour behind
	g.Close(start.Add(time.Hour).UnixNano()+int64(9*second), g.take)
	if len(g.minutes) != 0 {
		t.Error("a pause is no silence yet")
	}
	g.until(time.Hour + 6*time.Minute)
	if n := len(g.requests("whole all traffic")); n != 4 {
		t.Errorf("in six minutes %d are over", n)
	}
	g.Close(start.Add(9*time.Hour).UnixNano(), g.take) // nobody was there
	if n := len(g.requests("whole all traffic")); n > 5 {
		t.Errorf("a stop was taken for silence: %d minutes", n)
	}
	g.told("a", 10*time.Minute, 9*time.Hour)
	g.told("a", 20*time.Minute, 9*time.Hour)
	if n := g.requests("whole all traffic"); sum(n) != 2 || len(n) != 18 {
		t.Errorf("after the stop: %v", n)
	}
}

func TestALongGapIsCutShort(t *testing.T) {
	g := newGathered(Options{})
	for _, at := range []time.Duration{0, 20 * time.Hour, 40 * time.Hour} {
		g.told("a", at, at)
	}
	if n := len(g.minutes); n != 40*60-2 {
		t.Errorf("told were %d minutes", n)
	}
	for range believed {
		g.told("a", 100*24*time.Hour, 100*24*time.Hour)
	}
	if n := len(g.minutes); n > 40*60+longestGap+2 || g.Stats().Skipped < 90*24*60 {
		t.Errorf("told were %d minutes, left out %d", n, g.Stats().Skipped)
	}
	g.until(100*24*time.Hour + 5*time.Minute)
	want(t, g.of(t, 100*24*time.Hour).row(t, "whole all traffic"), map[Measure]float64{Requests: 1})
}

func TestRecordsWithoutATimeAreOfNow(t *testing.T) {
	g := newGathered(Options{})
	g.told("a", 30*second, 30*second)
	b := batchOf("a", line{route: "/a"})
	timeless := &event.Batch{Header: b.Header}
	timeless.SetString(event.Route, "/a")
	timeless.EndRow()
	g.Add(timeless, 0, 1, nil, at(31*second), g.take)
	g.until(5 * time.Minute)
	want(t, g.of(t, 0).row(t, "whole all traffic"), map[Measure]float64{Requests: 2})
}

func TestManySourcesAreBounded(t *testing.T) {
	c := newClock()
	for i := range 2000 {
		c.begin(string(rune('a'+i%26))+time.Duration(i).String(), int64(i))
		c.tell(int64(i))
	}
	if len(c.sources) > maxSources {
		t.Errorf("%d sources are known", len(c.sources))
	}
}
