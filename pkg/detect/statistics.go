package detect

import (
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/baseline/series"
	"github.com/honeymoat/honeymoat/pkg/baseline/watch"
	"github.com/honeymoat/honeymoat/pkg/behaviour"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// What findings of baselines are called.
const (
	baselinePrefix  = "baseline."
	baselineVersion = "1"
)

// behaviourBlock is how long an actor is blocked for its behaviour, as far as
// the detector has come in its rollout.
const behaviourBlock = time.Hour

// learn has behaviour and baselines look at rows, and tells what they make of
// it. What we refused ourselves is no evidence for either.
func (s *scan) learn(from, to int) {
	if o := s.detector.options.Behaviour; o != nil {
		o.Add(s.batch, from, to, s.ours, s.detector.suspect)
	}
	w := s.detector.options.Watch
	if w == nil || from >= to {
		return
	}
	now := s.now()
	w.Add(s.batch, from, to, s.ours, now.UnixNano())
	s.anomalies(now) // rows move event time by themselves: one with a wrong clock must not
}

// suspected makes a finding of what an actor's behaviour looks like. Once its
// detector has proved itself it is blocked on.
func (s *scan) suspected(said *behaviour.Suspicion) {
	f := said.Finding()
	if !f.Actor.Kind.Place() {
		f.Wanted = finding.Wanted{LifetimeSeconds: int64(behaviourBlock / time.Second), Rollout: true}
	}
	row := noRow
	if said.Row >= 0 {
		row = said.Row
		f.Sighting = s.sighting(row).Bounded()
	}
	s.tell(f, nil, row)
}

// anomalies makes findings of what is not as it was expected, up to a time.
func (s *scan) anomalies(now time.Time) {
	found := s.detector.options.Watch.Advance(now.UnixNano())
	for i := range found {
		s.out.Findings = s.detector.told(s.out.Findings, &found[i])
	}
}

// told appends the findings of an anomaly.
func (d *Detector) told(list []finding.Finding, a *watch.Anomaly) []finding.Finding {
	list = append(list, d.placed(a))
	for _, who := range a.Actors {
		if who != a.Key.Actor() { // whom placed is about
			list = append(list, d.carried(a, who))
		}
	}
	return list
}

// placed is the finding about where an anomaly is.
func (d *Detector) placed(a *watch.Anomaly) finding.Finding {
	f := d.anomaly(a, a.Key.Actor())
	f.ID = finding.NewID("baseline", a.ID)
	return d.described(f, a)
}

// carried is the finding about somebody who carries most of an anomaly.
func (d *Detector) carried(a *watch.Anomaly, who finding.Actor) finding.Finding {
	f := d.anomaly(a, who)
	f.ID, f.Tier = finding.NewID("baseline", a.ID, who.String()), finding.Log
	return d.described(f, a)
}

func (d *Detector) anomaly(a *watch.Anomaly, about finding.Actor) finding.Finding {
	statistic := a.Statistic
	statistic.Parts = slices.Clone(statistic.Parts)
	return finding.Finding{
		Time: time.Unix(0, a.Time).UTC(), Rule: baselinePrefix + string(statistic.Shape), RuleVersion: baselineVersion,
		Family: a.Family, Tier: a.Severity, Score: a.Score, Actor: about, Owner: a.Key.Owner, API: apiOf(&a.Key),
		Sighting: a.Sighting.Bounded(), Statistic: &statistic,
	}
}

func apiOf(k *series.Key) string {
	if k.Dimension == series.API {
		return k.Name
	}
	return k.API
}

// described says what was found in words in which nobody is named who must not
// be: they are made of what is masked by then.
func (d *Detector) described(f finding.Finding, a *watch.Anomaly) finding.Finding {
	f = d.named(f)
	told := *a
	told.Key = d.maskedKey(a.Key)
	f.Statistic.Series = watch.SeriesName(&told.Key, a.Measure)
	told.Statistic = *f.Statistic
	f.Title, f.Reason = watch.Describe(&told)
	return f
}

// maskedKey is a key that names nobody who must not be named.
func (d *Detector) maskedKey(k series.Key) series.Key {
	who := k.Actor()
	if who.Kind.Place() {
		return k
	}
	who = d.masked(finding.Finding{Actor: who}).Actor
	if k.Name = who.Value; k.Dimension == series.Principal {
		k.Name = who.String()
	}
	return k
}

// Tick finds what time alone tells, such as that nothing comes any more. It is
// to be called every second or so while no batches wait.
func (d *Detector) Tick(now time.Time, out *Result) {
	out.Reset()
	if d.options.Watch == nil {
		return
	}
	d.ruling.Lock()
	defer d.ruling.Unlock()
	s := scan{detector: d, out: out}
	s.anomalies(now)
	d.counts.findings.Add(uint64(len(out.Findings)))
}

// Watching is what baselines know and what they are still learning.
type Watching struct {
	Learning []watch.Learning
	Stats    watch.Stats
}

// Watching tells how far baselines have come; false without any.
func (d *Detector) Watching() (Watching, bool) {
	w := d.options.Watch
	if w == nil {
		return Watching{}, false
	}
	d.ruling.Lock()
	defer d.ruling.Unlock()
	return Watching{Learning: w.Learning(), Stats: w.Stats()}, true
}

// finishAfter is how long after the last record of a finished log its last
// minutes are over. Time that no record tells goes on in small steps.
const (
	finishAfter = 3 * time.Minute
	finishStep  = 5 * time.Second
)

// finish closes the last minutes of a finished log.
func (s *scan) finish(last time.Time) {
	for after := time.Duration(0); after <= finishAfter; after += finishStep {
		s.anomalies(last.Add(after))
	}
}

// latest is the later one.
func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
