package evidence

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// found makes a finding of a rule, at so many minutes.
func found(rule string, family finding.Family, minutes int) *finding.Finding {
	f := &finding.Finding{
		Rule: rule, Family: family, Tier: finding.Log, Score: 0.9, Time: epoch.Add(time.Duration(minutes) * time.Minute),
		Actor: finding.Actor{Kind: finding.Address, Value: "192.0.2.7"},
	}
	f.ID = finding.NewID(rule, f.Time.String())
	f.Sighting.Record = f.ID
	return f
}

// doubted is one that rests on a probability.
func doubted(rule string, family finding.Family, minutes int, p float64) *finding.Finding {
	f := found(rule, family, minutes)
	f.Statistic = &finding.Statistic{Shape: finding.Burst, Expected: 10, Seen: 100, Probability: p}
	return f
}

func after(hours float64) time.Time { return epoch.Add(time.Duration(hours * float64(time.Hour))) }

func TestWeight(t *testing.T) {
	s := NewScale(Options{})
	f := func(x *finding.Finding, want float64) {
		t.Helper()
		if got := s.Weight(x); math.Abs(got-want) > 0.01 {
			t.Errorf("%s with %+v weighs %.3f, want %.3f", x.Tier, x.Statistic, got, want)
		}
	}
	f(found("r", "injection", 0), 1.9)
	grave := found("r", "injection", 0)
	grave.Tier, grave.Score = finding.Page, 1
	f(grave, 8)
	odd := found("r", "injection", 0)
	odd.Score = 7
	f(odd, 2)
	f(doubted("r", "volume", 0, 0.5), 0)
	f(doubted("r", "volume", 0, 0.01), 2.079) // odds of 8 to 1 at the most, say Sellke, Bayarri and Berger
	f(doubted("r", "volume", 0, 0.001), 3.975)
	f(doubted("r", "volume", 0, 0.0001), most)
	f(doubted("r", "volume", 0, 1e-300), most)
	f(doubted("r", "volume", 0, math.NaN()), 1.9)
	certain := doubted("r", "volume", 0, 0.01)
	certain.Tier = finding.Notify
	f(certain, 3.8)
}

func TestEvidenceFades(t *testing.T) {
	s := NewScale(Options{HalfLives: map[finding.Family]time.Duration{finding.Silence: time.Hour}})
	f := func(family finding.Family, hours, want float64) {
		t.Helper()
		var a Account
		s.Add(&a, found("r", family, 0), 1)
		if got := s.Explain(&a, after(hours), nil).Contributions[0].Nats; math.Abs(got-want) > 1e-9 {
			t.Errorf("%s weighs %v after %v hours, want %v", family, got, hours, want)
		}
	}
	f("injection", 0, 1.9)
	f("injection", 24, 0.95)
	f("injection", 48, 0.475)
	f("injection", -5, 1.9)
	f(finding.Silence, 1, 0.95)
}

func TestFamiliesAreCapped(t *testing.T) {
	s := NewScale(Options{})
	var a Account
	for i := range 100 {
		s.Add(&a, found(fmt.Sprint("r", i%3), finding.Decoy, i), 1)
	}
	one := s.Explain(&a, after(2), nil)
	if want := s.risk(6); math.Abs(one.Risk-want) > 1e-9 {
		t.Errorf("a flood of one family makes a risk of %v, want %v", one.Risk, want)
	}
	s.Add(&a, found("x", "injection", 100), 1)
	two := s.Explain(&a, after(2), nil)
	sum := 0.0
	for _, c := range two.Contributions {
		sum += c.Share
	}
	if two.Risk <= one.Risk || math.Abs(sum-1) > 1e-9 || len(two.Kinds) != 2 {
		t.Errorf("with another family: %+v", two)
	}
}

func TestOneRequestIsOnePiece(t *testing.T) {
	s := NewScale(Options{})
	light, heavy := found("a", "recon", 0), found("b", "injection", 0)
	heavy.Tier, heavy.Sighting.Record = finding.Notify, light.Sighting.Record
	for _, order := range [][]*finding.Finding{{light, heavy}, {heavy, light}} {
		var a Account
		for _, f := range order {
			s.Add(&a, f, 1)
		}
		r := s.Explain(&a, epoch, nil)
		if len(r.Kinds) != 1 || r.Contributions[0].Rule != "b" || r.Contributions[0].Share != 1 || r.Contributions[1].Findings != 1 {
			t.Errorf("two rules about one request: %+v", r)
		}
	}
}

// TestOrderDoesNotMatter: the same findings, shuffled, make the same account.
func TestOrderDoesNotMatter(t *testing.T) {
	s := NewScale(Options{})
	random := rand.New(rand.NewPCG(1, 2))
	families := []finding.Family{"recon", "injection", finding.Decoy}
	for round := range 200 {
		var findings []*finding.Finding
		for i := range 2 + random.IntN(30) {
			n := random.IntN(5)
			f := found(fmt.Sprint("r", n), families[n%3], random.IntN(4000))
			f.ID, f.Score = fmt.Sprint(i), random.Float64()
			// Few requests have several findings: those that are remembered apart.
			if f.Sighting.Record = f.ID; i < 12 {
				f.Sighting.Record = fmt.Sprint("shared", i%4)
				f.Time = epoch.Add(time.Duration(5000+i%4) * time.Minute)
			}
			findings = append(findings, f)
		}
		read := func() (Account, Reading) {
			var a Account
			for _, f := range findings {
				s.Add(&a, f, 1)
			}
			return a, s.Explain(&a, after(100), nil)
		}
		first, want := read()
		random.Shuffle(len(findings), func(i, j int) { findings[i], findings[j] = findings[j], findings[i] })
		second, got := read()
		if math.Abs(got.Risk-want.Risk) > 1e-9 || len(first.Strands) != len(second.Strands) {
			t.Fatalf("round %d: risk %v in one order, %v in another", round, want.Risk, got.Risk)
		}
		for i := range first.Strands {
			a, b := first.Strands[i], second.Strands[i]
			near := math.Abs(a.Nats-b.Nats) < 1e-9
			if a.Nats = b.Nats; !near || a != b {
				t.Fatalf("round %d: %+v in one order, %+v in another", round, first.Strands[i], b)
			}
		}
	}
}

// TestForgettingNeverWeighsMore, whatever is forgotten and kept.
func TestForgettingNeverWeighsMore(t *testing.T) {
	s := NewScale(Options{})
	random := rand.New(rand.NewPCG(3, 4))
	for round := range 300 {
		var a Account
		var kept []finding.Finding
		gone := fmt.Sprint("r", random.IntN(4))
		for i := range 1 + random.IntN(12) {
			n := random.IntN(5)
			f := found(fmt.Sprint("r", n), finding.Family(fmt.Sprint("f", n%3)), random.IntN(300))
			f.ID, f.Sighting.Record, f.Tier = fmt.Sprint(i), fmt.Sprint(random.IntN(6)), finding.Tiers()[random.IntN(3)]
			s.Add(&a, f, 1)
			if f.Rule != gone || random.IntN(2) == 0 {
				kept = append(kept, *f)
			}
		}
		before := a.Clone()
		s.Forget(&a, func(rule string) bool { return rule == gone }, kept)
		now := after(6)
		if s.Risk(&a, now, nil) > s.Risk(&before, now, nil)+1e-9 {
			t.Fatalf("round %d: risk %v before, %v after", round, s.Risk(&before, now, nil), s.Risk(&a, now, nil))
		}
		for i := range a.Strands {
			if was := before.find(a.Strands[i].Rule, a.Strands[i].Family); was == nil || a.Strands[i].Suggested > was.Suggested {
				t.Fatalf("round %d: %+v has become %+v", round, was, a.Strands[i])
			}
		}
	}
}

func TestRenewReplaces(t *testing.T) {
	s := NewScale(Options{})
	small, large := doubted("baseline.burst", finding.Volume, 0, 0.05), doubted("baseline.burst", finding.Volume, 90, 0.01)
	large.ID, large.Statistic.Seen = small.ID, 1000
	f := func(old *finding.Finding, others int, want float64) {
		t.Helper()
		var a Account
		s.Add(&a, small, 1)
		for i := range others { // until it is not remembered what it weighed
			s.Add(&a, found(fmt.Sprint("r", i), "recon", 10+i), 1)
		}
		s.Renew(&a, large, old)
		got := a.find("baseline.burst", finding.Volume)
		if math.Abs(got.Nats-want) > 1e-9 || got.Count != 1 || got.Magnitude != 100 || got.Hours.count() != 2 {
			t.Errorf("%+v, want %v nats", got, want)
		}
	}
	f(nil, 0, s.Weight(large))
	f(small, 20, s.Weight(large))
	f(nil, 20, s.Weight(small)*s.fresh(finding.Volume, 90*time.Minute))
	var a Account
	if s.Renew(&a, large, nil); a.find(large.Rule, large.Family) == nil {
		t.Error("what nobody remembers was not taken as new")
	}
}

func TestAccountIsBounded(t *testing.T) {
	s := NewScale(Options{})
	var a Account
	s.Add(&a, found("heavy", "injection", 0), 1)
	a.find("heavy", "injection").Nats = 9
	for i := range 1000 {
		s.Add(&a, found(fmt.Sprint("r", i), "recon", i), 1)
	}
	if len(a.Strands) != maxStrands || len(a.Claims) != maxClaims || a.find("heavy", "injection") == nil {
		t.Errorf("%d strands, %d claims", len(a.Strands), len(a.Claims))
	}
}

func TestPartOfAFindingIsALogLine(t *testing.T) {
	s := NewScale(Options{})
	f := found("r", "injection", 0)
	f.Tier = finding.Page
	var a Account
	s.Add(&a, f, 0.2)
	if got := a.Strands[0]; got.Suggested != finding.Log || math.Abs(got.Nats-0.2*s.Weight(f)) > 1e-9 {
		t.Errorf("%+v", got)
	}
}

func TestAccountRoundTrip(t *testing.T) {
	s := NewScale(Options{})
	var a Account
	for i := range 40 {
		s.Add(&a, doubted(fmt.Sprint("r", i%7), finding.Family(fmt.Sprint("f", i%3)), 17*i, 0.01), 1)
	}
	data, err := json.Marshal(&a)
	if err != nil {
		t.Fatal(err)
	}
	var b Account
	if err := json.Unmarshal(data, &b); err != nil || !reflect.DeepEqual(a, b) {
		t.Errorf("%+v came out as %+v, %v", a, b, err)
	}
	c := a.Clone()
	c.Strands[0].Nats = 7
	if a.Strands[0].Nats == 7 || a.Empty() || !new(Account).Empty() {
		t.Error("a clone shares its strands")
	}
}

func TestHours(t *testing.T) {
	at := func(hours ...int) []int64 {
		var list []int64
		for _, h := range hours {
			list = append(list, after(float64(h)).UnixNano())
		}
		return list
	}
	f := func(times []int64, since, want int) {
		t.Helper()
		hours, last := Hours(1), times[0]
		for _, x := range times[1:] {
			hours, last = hours.with(last, x), max(last, x)
		}
		if got := hours.since(last, after(float64(since)).UnixNano()).count(); got != want {
			t.Errorf("%v since %d: %d hours, want %d", times, since, got, want)
		}
	}
	f(at(0), 0, 1)
	f(at(0, 0, 1), 0, 2)
	f(at(5, 1, 3), 0, 3)
	f(at(5, 1, 3), 3, 2)
	f(at(5, 1, 3), 6, 0)
	f(at(0, 100), -200, 1)
	f(at(100, 0), -200, 1)
	f(at(0, 63), -200, 2)
	if hourOf(-1) != -1 || hourOf(0) != 0 {
		t.Error("hours before 1970 are wrong")
	}
}
