package respond

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// story is a stream of batches: several clients, several touches each, one of
// them protected.
func story(at time.Time) [][]finding.Finding {
	var batches [][]finding.Finding
	for i := range 8 {
		var batch []finding.Finding
		for j := range 3 {
			n := i*3 + j
			client := fmt.Sprintf("192.0.2.%d", n%5)
			if n%7 == 6 {
				client = "198.51.100.1"
			}
			f := touchBy(client, fmt.Sprintf("request-%d", n), at)
			if n == 11 {
				f.Family, f.Tier = "injection", finding.Page
			}
			batch = append(batch, f)
		}
		batches = append(batches, batch)
	}
	return batches
}

// tale is a story, and how the service is set up for it.
type tale struct {
	story   func(time.Time) [][]finding.Finding
	options func(*Options)
}

var tales = []tale{
	{story, func(*Options) {}},
	{shapes, func(o *Options) {
		o.Ledger.WidenAfter = 2
		o.Ledger.Traffic = fakeTraffic{"192.0.2.7": {Principals: 9}, "192.0.2.8": {Principals: 9}, "192.0.2.6": {Successful: 5000}}
	}},
}

// shapes is a story of blocks that are not as they were asked for: widened,
// narrowed, refused, waiting, and in rollout.
func shapes(at time.Time) [][]finding.Finding {
	var batches [][]finding.Finding
	add := func(f finding.Finding) { batches = append(batches, []finding.Finding{f}) }
	for i := range 5 { // two /64 in each of two /56, and one that is covered then
		client := fmt.Sprintf("2001:db8:1:%x%02x::1", i/2+1, i%2)
		add(touchBy(client, client, at))
	}
	add(byMallory("192.0.2.7", "narrowed", at))
	add(touchBy("192.0.2.8", "shared", at))
	for _, request := range []string{"scrape 1", "scrape 2"} { // waits for a person
		add(scrapeBy("192.0.2.6", request, at))
	}
	trial := touchBy("192.0.2.9", "trial", at)
	trial.Wanted.Rollout = true
	add(trial)
	return batches
}

// outcome is everything that must not depend on how the story was delivered:
// the block log, findings by id and sighting, alerts.
func outcome(t *testing.T, f *fakeBus) string {
	t.Helper()
	findings := []string{}
	f.mu.Lock()
	rows := maps.Clone(f.rows[Findings])
	f.mu.Unlock()
	for _, data := range rows {
		var row findingRow
		if err := json.Unmarshal(data, &row); err != nil {
			t.Fatal(err)
		}
		findings = append(findings, row.ID+" "+row.Sighting)
	}
	slices.Sort(findings)
	raised := f.raised()
	var alerts []string
	for _, actor := range slices.Sorted(maps.Keys(raised)) {
		alerts = append(alerts, actor+"="+raised[actor])
	}
	return fmt.Sprint(f.events(), "\n", findings, "\n", alerts)
}

func smoothly(t *testing.T, x tale) string {
	var want string
	synctest.Test(t, func(t *testing.T) {
		f := newFakeBus()
		s := start(t, f, x.options)
		for i, batch := range x.story(time.Now()) {
			mustHandle(t, s, uint64(i+1), batch...)
		}
		time.Sleep(5 * time.Second)
		want = outcome(t, f)
	})
	return want
}

// Killed after any number of durable operations, and started again, the
// service ends with the same blocks, findings and alerts as when nothing
// happened, each once.
func TestCrashAtEveryPoint(t *testing.T) {
	for _, x := range tales {
		want := smoothly(t, x)
		for operations := range 90 {
			for _, pace := range []time.Duration{0, 700 * time.Millisecond} {
				if got := killed(t, x, operations, pace); got != want {
					t.Errorf("killed after %d operations, pace %s:\n%s\nwant\n%s", operations, pace, got, want)
				}
			}
		}
	}
}

// killed gives the outcome of a story in which the service is killed after so
// many operations, and started again.
func killed(t *testing.T, x tale, operations int, pace time.Duration) (got string) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeBus()
		batches := x.story(time.Now())
		f.allow(operations)
		deliverUntilDeath(t, f, x, batches, pace)
		f.allow(-1)
		f.forgetAlerts() // Alertmanager keeps none
		s := start(t, f, x.options)
		for i := int(s.after); i < len(batches); i++ {
			mustHandle(t, s, uint64(i+1), batches[i]...)
		}
		time.Sleep(5 * time.Second)
		got = outcome(t, f)
	})
	return got
}

// deliverUntilDeath runs a service whose bus stops taking anything at some
// point, and stops it then.
func deliverUntilDeath(t *testing.T, f *fakeBus, x tale, batches [][]finding.Finding, pace time.Duration) {
	t.Helper()
	s := start(t, f, x.options)
	done := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer close(done)
		for i, batch := range batches {
			if s.Handle(ctx, uint64(i+1), found(batch...)) != nil {
				return
			}
			time.Sleep(pace)
		}
	}()
	time.Sleep(10 * time.Second)
	cancel()
	<-done
	s.stop()
}

// However the findings are split into batches, in whatever order and however
// often they come, the same comes out.
func TestRedeliveryInAnyOrder(t *testing.T) {
	want := smoothly(t, tales[0])
	random := rand.New(rand.NewPCG(3, 4))
	for round := range 30 {
		synctest.Test(t, func(t *testing.T) {
			var all []finding.Finding
			for _, batch := range story(time.Now()) {
				all = append(all, batch...)
			}
			all = append(all, all[:random.IntN(len(all))]...)
			random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			f := newFakeBus()
			s := start(t, f)
			sequence := uint64(0)
			for batch := range slices.Chunk(all, 1+random.IntN(9)) {
				sequence++
				mustHandle(t, s, sequence, batch...)
			}
			time.Sleep(5 * time.Second)
			if got := outcome(t, f); got != want {
				t.Errorf("round %d:\n%s\nwant\n%s", round, got, want)
			}
		})
	}
}

// A block that took another's place just before a crash is told of, and so is
// the end of the other.
func TestReplacedBeforeACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeBus()
		s := start(t, f)
		shadow := touchBy("192.0.2.7", "r1", time.Now())
		shadow.Wanted.Shadow = true
		mustHandle(t, s, 1, shadow)
		time.Sleep(2500 * time.Millisecond)
		f.allow(2) // one Put that finds the other, and the Replace
		done := make(chan error, 1)
		ctx, cancel := context.WithCancel(t.Context())
		enforced := touchBy("192.0.2.7", "r2", time.Now())
		go func() { done <- s.Handle(ctx, 2, found(enforced)) }()
		synctest.Wait()
		f.allow(0)
		cancel()
		<-done
		s.stop()
		f.allow(-1)
		s = start(t, f)
		mustHandle(t, s, 2, enforced)
		time.Sleep(2 * time.Second)
		wantEvents(t, f, "added 192.0.2.7", "added 192.0.2.7", "replaced 192.0.2.7")
	})
}
