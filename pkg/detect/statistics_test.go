package detect

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/baseline/series"
	"github.com/honeymoat/honeymoat/pkg/baseline/watch"
	"github.com/honeymoat/honeymoat/pkg/behaviour"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

var ordinary = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// minuteOf is a minute of ordinary traffic of one gateway.
func minuteOf(n int, each func(b *event.Batch, i int)) *event.Batch {
	at := ordinary.Add(time.Duration(n) * time.Minute)
	b := &event.Batch{Header: event.Header{Source: "edge", Gateway: "edge-1", File: "00000000000000f1", Received: at.Add(time.Minute).UnixNano()}}
	for i := range 20 + n%3 {
		b.SetNumber(event.Time, at.Add(time.Duration(i)*2*time.Second).UnixNano())
		b.SetNumber(event.Offset, int64(n*1000+i))
		b.SetString(event.Method, "GET")
		b.SetString(event.Path, fmt.Sprintf("/items/%d", i))
		b.SetString(event.Route, "/items/{id}")
		b.SetString(event.API, "shop")
		b.SetString(event.Tags, "public,owner:catalog")
		b.SetNumber(event.Status, 200)
		b.SetNumber(event.ResponseBytes, 1000+int64(i))
		b.SetAddr(event.ClientAddress, netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}))
		b.SetString(event.User, fmt.Sprintf("user-%d", i))
		if each != nil {
			each(b, i)
		}
		b.EndRow()
	}
	return b
}

func learner(o Options) *Detector {
	o.Watch, o.Behaviour = watch.New(watch.Options{AlertsPerDay: 3}), behaviour.New(behaviour.Options{})
	return New(o)
}

// learn has a detector see some days, and gives the number of the next minute.
func learn(t *testing.T, d *Detector, days int) int {
	t.Helper()
	var found Result
	for n := range days * 24 * 60 {
		d.Detect(minuteOf(n, nil), &found)
		if len(found.Findings) > 0 {
			t.Fatalf("of ordinary traffic, in minute %d: %+v", n, found.Findings[0])
		}
	}
	return days * 24 * 60
}

func TestTheClockTellsOfSilence(t *testing.T) {
	d := learner(Options{})
	n := learn(t, d, 3)
	var found Result
	var told []finding.Finding
	for i := range 30 {
		d.Tick(ordinary.Add(time.Duration(n+i)*time.Minute), &found)
		told = append(told, found.Findings...)
	}
	if len(told) == 0 {
		t.Fatal("nothing was told of a log that has stopped")
	}
	f := told[0]
	if f.Statistic == nil || f.Statistic.Seen != 0 || !f.Actor.Kind.Place() || f.Family != finding.Silence || !strings.HasPrefix(f.Rule, "baseline.") || f.Reason == "" {
		t.Errorf("told %+v", f)
	}
}

// What is told of a change names the team, and nobody who must not be named.
func TestStatisticsNameNobody(t *testing.T) {
	mask := func(f *finding.Finding) {
		if f.Actor.Kind == finding.User {
			f.Actor.Value = "hidden"
		}
		if f.Statistic == nil {
			return
		}
		for i := range f.Statistic.Parts {
			if f.Statistic.Parts[i].Kind == "user" {
				f.Statistic.Parts[i].Value = "hidden"
			}
		}
	}
	d := learner(Options{Mask: mask})
	n := learn(t, d, 3)
	var found Result
	var told []finding.Finding
	for i := range 20 {
		d.Detect(minuteOf(n+i, func(b *event.Batch, row int) {
			if row%2 == 0 {
				b.SetNumber(event.Status, 500)
				b.SetString(event.User, "user-7")
			}
		}), &found)
		told = append(told, found.Findings...)
	}
	if len(told) == 0 {
		t.Fatal("nothing was told of a route that fails")
	}
	for _, f := range told {
		if strings.Contains(f.Title+f.Reason+f.Actor.Value, "user-7") {
			t.Errorf("somebody is named: %s | %s", f.Title, f.Reason)
		}
		if f.Actor.Kind == finding.Route && (f.Owner != "catalog" || f.API != "shop") {
			t.Errorf("owner %q, api %q", f.Owner, f.API)
		}
	}
}

func TestSectionsRoundTrip(t *testing.T) {
	parts := [sections]func(io.Writer) error{countsSection: text("counts").WriteSnapshot, behaviourSection: text("behaviour").WriteSnapshot}
	var written bytes.Buffer
	if err := writeSections(&written, parts); err != nil {
		t.Fatal(err)
	}
	got, err := cutSections(stateVersion, written.Bytes())
	if err != nil || string(got[countsSection]) != "counts" || string(got[behaviourSection]) != "behaviour" || len(got[windowsSection])+len(got[watchSection]) > 0 {
		t.Errorf("came back as %q, %v", got, err)
	}
	before := append([]byte("windowscounts"), 7, 0, 0, 0, 0, 0, 0, 0)
	if got, err := cutSections(3, before); err != nil || string(got[windowsSection]) != "windows" || string(got[countsSection]) != "counts" {
		t.Errorf("version 3 came back as %q, %v", got, err)
	}
	for n := range written.Len() {
		if _, err := cutSections(stateVersion, written.Bytes()[:n]); err == nil && n < 8*sections {
			t.Errorf("%d bytes are taken for a state", n)
		}
	}
}

// text is a part whose state is itself.
type text string

func (s text) WriteSnapshot(w io.Writer) error {
	_, err := w.Write([]byte(s))
	return err
}

// What one gateway says the time is moves nobody else's.
func TestAWrongClockDoesNotMoveTime(t *testing.T) {
	now := ordinary
	d := learner(Options{Now: func() time.Time { return now }})
	var found Result
	for n := range 60 {
		now = ordinary.Add(time.Duration(n)*time.Minute + 45*time.Second)
		d.Detect(minuteOf(n, nil), &found)
		for range 10 { // batches a minute, of a gateway that is an hour ahead
			now = now.Add(time.Second)
			d.Detect(oneOf("fast", now.Add(time.Hour)), &found)
		}
	}
	known, _ := d.Watching()
	if known.Stats.Table.Late > 0 || known.Stats.Minutes > 60 {
		t.Errorf("%d records of the right time are late, and %d minutes of 60 are over", known.Stats.Table.Late, known.Stats.Minutes)
	}
}

// oneOf is one request at a gateway of its own.
func oneOf(gateway string, at time.Time) *event.Batch {
	b := &event.Batch{Header: event.Header{Source: gateway, Gateway: gateway, File: "00000000000000f2", Received: at.UnixNano()}}
	b.SetNumber(event.Time, at.UnixNano())
	b.SetString(event.Method, "GET")
	b.SetString(event.Path, "/")
	b.SetNumber(event.Status, 200)
	b.SetAddr(event.ClientAddress, netip.MustParseAddr("198.51.100.1"))
	b.EndRow()
	return b
}

func TestFinishClosesTheLastMinutes(t *testing.T) {
	d := learner(Options{Finished: true})
	var found Result
	for n := range 10 {
		b := minuteOf(n, nil)
		b.Received = ordinary.AddDate(1, 0, 0).UnixNano() // it is read much later
		d.Detect(b, &found)
	}
	d.Finish(&found)
	if known, _ := d.Watching(); known.Stats.Minutes < 10 {
		t.Errorf("%d minutes of 10 are over", known.Stats.Minutes)
	}
}

func TestAnAnomalyOfAPersonIsOneFinding(t *testing.T) {
	alice := finding.Actor{Kind: finding.User, Value: "alice"}
	d := New(Options{Mask: func(f *finding.Finding) {
		if f.Actor == alice {
			f.Actor.Value = "hidden"
		}
	}})
	a := watch.Anomaly{
		ID: "1", Key: series.Key{Dimension: series.Principal, Name: alice.String()}, Measure: series.Objects, Severity: finding.Log,
		Statistic: finding.Statistic{Shape: finding.Burst, Series: "different objects of user:alice", Seen: 900},
		Actors:    []finding.Actor{alice},
	}
	got := d.told(nil, &a)
	if len(got) != 1 || got[0].Actor.Value != "hidden" || got[0].Tier != finding.Log {
		t.Fatalf("found %+v", got)
	}
	f := got[0]
	if strings.Contains(f.Title+f.Reason+f.Statistic.Series, "alice") || !strings.Contains(f.Statistic.Series, "user:hidden") {
		t.Errorf("somebody is named: %s | %s | %s", f.Title, f.Reason, f.Statistic.Series)
	}
	a.Key, a.Actors[0] = series.Key{Dimension: series.Address, Name: "192.0.2.7"}, finding.Actor{Kind: finding.Address, Value: "192.0.2.7"}
	if got := d.told(nil, &a); len(got) != 1 || !strings.HasPrefix(got[0].Title, "Address 192.0.2.7 has") {
		t.Errorf("found %+v", got)
	}
	a.Key = series.Key{Dimension: series.Route, Name: "GET /a"}
	if got := d.told(nil, &a); len(got) != 2 || got[1].Actor != a.Actors[0] {
		t.Errorf("found %+v", got)
	}
}

// What is frozen is written as it was, whatever is detected meanwhile.
func TestFreeze(t *testing.T) {
	d := learner(Options{})
	var found Result
	for n := range 5 {
		d.Detect(minuteOf(n, nil), &found)
	}
	var want, got, after bytes.Buffer
	write, err := d.Freeze()
	if err := errors.Join(err, d.WriteSnapshot(&want)); err != nil {
		t.Fatal(err)
	}
	for n := range 5 {
		d.Detect(minuteOf(5+n, nil), &found)
	}
	if err := errors.Join(write(&got), d.WriteSnapshot(&after)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want.Bytes()) || bytes.Equal(after.Bytes(), want.Bytes()) {
		t.Errorf("%d bytes were written, %d were frozen, %d are known now", got.Len(), want.Len(), after.Len())
	}
}

// A start makes seeds of its own: what was learnt brings those it was learnt with.
func TestWhatIsLearntSurvivesARestart(t *testing.T) {
	start := func(seed uint64, most int) *Detector {
		return New(Options{
			Watch:     watch.New(watch.Options{Series: series.Options{Seed: seed, MaxSeries: most}}),
			Behaviour: behaviour.New(behaviour.Options{Seed: seed}),
		})
	}
	d := start(1, 1000)
	var found Result
	for n := range 10 {
		d.Detect(minuteOf(n, nil), &found)
	}
	var saved bytes.Buffer
	if err := d.WriteSnapshot(&saved); err != nil {
		t.Fatal(err)
	}
	next := start(2, 1000)
	if err := next.Restore(saved.Bytes()); err != nil || next.Forgot() != nil {
		t.Fatalf("restored with %v, forgot %v", err, next.Forgot())
	}
	if first := start(4, 1000); first.Restore(nil) != nil || first.Forgot() != nil {
		t.Errorf("a first start forgot %v", first.Forgot())
	}
	want, _ := d.Watching()
	if got, _ := next.Watching(); got.Stats.Minutes != want.Stats.Minutes || next.options.Behaviour.Stats() != d.options.Behaviour.Stats() {
		t.Errorf("knows %+v, want %+v", got.Stats, want.Stats)
	}
	smaller := start(3, 500) // its bounds were changed: what is normal begins anew, and nothing else
	if err := smaller.Restore(saved.Bytes()); err != nil || smaller.Forgot() == nil {
		t.Fatalf("restored with %v, forgot %v", err, smaller.Forgot())
	}
	if got, _ := smaller.Watching(); got.Stats.Minutes != 0 || smaller.options.Behaviour.Stats() != d.options.Behaviour.Stats() {
		t.Errorf("knows %+v", got.Stats)
	}
	if err := next.Restore(nil); err != nil || next.Forgot() != nil {
		t.Errorf("restored nothing with %v, forgot %v", err, next.Forgot())
	}
	if got, _ := next.Watching(); got.Stats.Minutes != 0 {
		t.Errorf("nothing is restored, and it knows %+v", got.Stats)
	}
}
