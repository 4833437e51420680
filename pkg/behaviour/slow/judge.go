package slow

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/honeymoat/honeymoat/pkg/behaviour"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Version is that of the detectors over days.
const Version = "1"

// DefaultDays is how many days are looked at together.
const DefaultDays = 7

// Options say how days are judged.
type Options struct {
	// Days is the length of what is looked at together; 0 = DefaultDays. A
	// detector tells of an actor once in so many days.
	Days int
	// From is the first day that is judged, with the days before it; 0 = all.
	// Who judges every hour names the day before the last.
	From int32
	// Disabled are ids of detectors that are left out.
	Disabled []string
	// Blind are kinds whose values do not tell who is who, such as addresses
	// that are kept as networks.
	Blind []finding.ActorKind
}

// findingsPerWindow is how many false suspicions of one detector are borne in
// all looks at one window.
const findingsPerWindow = 0.05

// leastProbability is that of a suspicion however few are looked at.
const leastProbability = 1e-4

// Judge tells what the days show that no hour does, in the order of time. Days
// may come in any order, and those of one actor and day in parts; the last of
// them need not be over. The more days there are before From, the more is seen.
func Judge(days []ActorDay, o Options) []Suspicion {
	if o.Days == 0 {
		o.Days = DefaultDays
	}
	days = joined(slices.DeleteFunc(slices.Clone(days), func(d ActorDay) bool { return slices.Contains(o.Blind, d.Actor.Kind) }))
	if len(days) == 0 {
		return nil
	}
	j := judge{options: o, told: map[string]bool{}}
	ends := daysOf(days)
	for _, end := range ends {
		if end >= o.From {
			j.judge(newWindow(days, end-int32(o.Days)+1, end, ends[0]))
		}
	}
	return j.found
}

// daysOf lists the days of which there is something.
func daysOf(days []ActorDay) []int32 {
	list := make([]int32, len(days))
	for i := range days {
		list[i] = days[i].Day
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Suspicion is what a detector over days says, and where that was.
type Suspicion struct {
	behaviour.Suspicion
	API   string // of the route that it is about, else of the busiest
	Owner string // team that answers for that route; "" = nobody is named
}

// judge collects suspicions, each once.
type judge struct {
	options Options
	told    map[string]bool // by id
	found   []Suspicion
}

// suspicion is what a detector says of an actor.
type suspicion struct {
	title, reason string
	statistic     finding.Statistic // Probability is that of one look
	route         *RouteDay         // that it is about; nil = none
}

// judge looks at all who were active on a window's last day.
func (j *judge) judge(w *window) {
	for _, d := range detectors() {
		if slices.Contains(j.options.Disabled, d.ID) {
			continue
		}
		limit := min(leastProbability, findingsPerWindow/float64(max(1, len(w.actors))))
		for i, h := range w.actors {
			if h.last().Day != w.to || !slices.Contains(d.kinds, group(h.actor().Kind)) {
				continue
			}
			if s := d.look(w, i); s != nil && s.statistic.Probability <= limit {
				j.tell(w, d, h, s)
			}
		}
	}
}

func (j *judge) tell(w *window, d detector, h history, s *suspicion) {
	length := int64(j.options.Days) * dayLength
	s.statistic.Shape, s.statistic.Since = finding.Behaviour, time.Unix(0, h[0].First).UTC()
	told := Suspicion{Suspicion: behaviour.Suspicion{
		Detector: d.ID, Version: Version, Family: d.Families[0], Tier: finding.Log, Score: score(s.statistic.Probability),
		Actor: h.actor(), Row: -1, Time: h.last().Last, Window: int64(w.to) * dayLength / length * length,
		Title: s.title, Reason: s.reason, Statistic: s.statistic,
	}}
	if r := cmp.Or(s.route, h.busiest()); r != nil {
		told.API, told.Owner = r.API, r.Owner
	}
	if id := told.ID(); !j.told[id] {
		j.told[id] = true
		j.found = append(j.found, told)
	}
}

// inDays tells a number of days to people.
func inDays(n int) string {
	if n == 1 {
		return "1 day"
	}
	return strconv.Itoa(n) + " days"
}
