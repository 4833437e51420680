package rollout

import (
	"cmp"
	"encoding/json"
	"maps"
	"math/bits"
	"slices"
	"time"
)

// Health is how a gateway did since it was told of last: requests that were
// not refused by us.
type Health struct {
	Gateway  string
	Requests uint64
	Errors   uint64 // of them answered 5xx
	Latency  Latencies
}

// Add counts a request. latency is 0 when it is not known.
func (h *Health) Add(status int64, latency time.Duration) {
	h.Requests++
	if status >= 500 && status < 600 {
		h.Errors++
	}
	if latency > 0 {
		h.Latency[bucketOf(latency)]++
	}
}

// Latencies counts requests by how long they took, in buckets by which four
// make a doubling: from 65 µs to two minutes.
type Latencies [80]uint64

const unitBits = 16 // of nanoseconds: the first buckets' width

func bucketOf(d time.Duration) int {
	v := uint64(d) >> unitBits
	if v < 4 {
		return int(v)
	}
	octave := bits.Len64(v) - 1
	return min(4*(octave-1)+int(v>>(octave-2)&3), len(Latencies{})-1)
}

// upper is the end of a bucket.
func upper(bucket int) time.Duration {
	if bucket < 4 {
		return time.Duration(bucket+1) << unitBits
	}
	return time.Duration(bucket%4+5) << (bucket/4 - 1 + unitBits)
}

// p95 is the 95th percentile, by the upper end of its bucket; 0 of nothing.
func (l *Latencies) p95() time.Duration {
	all := uint64(0)
	for _, n := range l {
		all += n
	}
	rest := all * 5 / 100
	for i := len(l) - 1; i >= 0; i-- {
		if l[i] > rest {
			return upper(i)
		}
		rest -= l[i]
	}
	return 0
}

// Health of gateways is kept in slots of some minutes, for some hours.
const (
	slotTime    = 10 * time.Minute
	slotsKept   = 36
	maxGateways = 64
	otherOnes   = "others" // gateways beyond the bound, together
)

// slot is how a gateway did in ten minutes.
type slot struct {
	At       int64         `json:"at"` // number of slots since 1970
	Requests uint64        `json:"requests"`
	Errors   uint64        `json:"errors"`
	P95      time.Duration `json:"p95"`
}

// gateway is how one did of late: the slots in order, the last one still open.
type gateway struct {
	Slots []slot    `json:"slots"`
	Open  Latencies `json:"open"`
}

func slotOf(at time.Time) int64 { return at.Unix() / int64(slotTime/time.Second) }

func (g *gateway) add(h *Health, at int64) {
	if n := len(g.Slots); n == 0 || g.Slots[n-1].At < at {
		g.Slots = append(g.Slots, slot{At: at})
		g.Open = Latencies{}
	}
	last := &g.Slots[len(g.Slots)-1]
	last.Requests += h.Requests
	last.Errors += h.Errors
	for i, n := range h.Latency {
		g.Open[i] += n
	}
	last.P95 = g.Open.p95()
	for len(g.Slots) > slotsKept {
		g.Slots = slices.Delete(g.Slots, 0, 1)
	}
}

// since sums the slots from one on, up to another and without it.
func (g *gateway) since(from, to int64) state {
	var s state
	weighted := 0.0
	for _, x := range g.Slots {
		if x.At >= from && x.At < to && x.At >= to-slotsKept {
			s.Requests += x.Requests
			s.Errors += x.Errors
			weighted += float64(x.Requests) * float64(x.P95)
		}
	}
	if s.Requests > 0 {
		s.P95 = time.Duration(weighted / float64(s.Requests))
	}
	return s
}

// state is how a gateway did over some time.
type state struct {
	Requests uint64        `json:"requests"`
	Errors   uint64        `json:"errors"`
	P95      time.Duration `json:"p95"` // mean of that of each slot, by requests
}

func (s state) errorRate() float64 { return share(s.Errors, s.Requests) }

// fleet is all gateways.
type fleet struct {
	Gateways map[string]*gateway `json:"gateways,omitempty"`
	Requests uint64              `json:"requests"` // of all, ever
}

func (f *fleet) add(h Health, now time.Time) {
	if f.Gateways == nil {
		f.Gateways = map[string]*gateway{}
	}
	g := f.Gateways[h.Gateway]
	if g == nil && len(f.Gateways) >= maxGateways {
		h.Gateway = otherOnes
		g = f.Gateways[h.Gateway]
	}
	if g == nil {
		g = &gateway{}
		f.Gateways[h.Gateway] = g
	}
	g.add(&h, slotOf(now))
	f.Requests += h.Requests
}

// before is how each gateway did until now, in the hours that are kept.
func (f *fleet) before(now time.Time) map[string]state {
	all := map[string]state{}
	for name, g := range f.Gateways {
		if s := g.since(0, slotOf(now)); s.Requests > 0 {
			all[name] = s
		}
	}
	return all
}

// change is how a gateway did before and after a promotion.
type change struct {
	name          string
	before, after state
}

// changes gives the gateways that have enough traffic before and after, by
// name, the minutes that are not over included: errors are to be seen soon.
// quiet are those that had enough before, and have not since.
func (f *fleet) changes(before map[string]state, since, now time.Time, least int) (all []change, quiet []string) {
	for _, name := range slices.SortedFunc(maps.Keys(before), cmp.Compare[string]) {
		if before[name].Requests < uint64(least) {
			continue
		}
		var after state
		if g := f.Gateways[name]; g != nil {
			after = g.since(slotOf(since)+1, slotOf(now)+1)
		}
		if after.Requests < uint64(least) {
			quiet = append(quiet, name)
			continue
		}
		all = append(all, change{name, before[name], after})
	}
	return all, quiet
}

func share(part, whole uint64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// MarshalJSON leaves out the empty ends.
func (l Latencies) MarshalJSON() ([]byte, error) {
	n := len(l)
	for n > 0 && l[n-1] == 0 {
		n--
	}
	return json.Marshal(l[:n])
}

// UnmarshalJSON reads what MarshalJSON writes.
func (l *Latencies) UnmarshalJSON(data []byte) error {
	var list []uint64
	if err := json.Unmarshal(data, &list); err != nil {
		return err
	}
	*l = Latencies{}
	copy(l[:], list)
	return nil
}
