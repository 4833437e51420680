package slow

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// spread is a time of a day, about the n-th of so many.
func (w *town) spread(day, n, of int) int64 {
	return (int64(firstDay+day)*24*3600+3600)*second + int64((float64(n)+w.Float64())*20*3600/float64(of))*second
}

// culprits are one of each kind, from the fifth day on.
func culprits() map[string]func(w *town, day int) {
	bad := visit{address: "198.51.100.1", country: "NL", network: "AS900", agent: browserAgent, method: "GET", status: 200, bytes: 2000}
	walker, scraper, thief, spoiler, travel := bad, bad, bad, bad, bad
	return map[string]func(w *town, day int){
		"slow-enumeration user:walker": func(w *town, day int) {
			walker.user, walker.address, walker.route = "walker", "198.51.100.2", "/orders/{id}"
			for i := range 6 {
				walker.at, walker.object = w.spread(day, i, 6), strconv.Itoa(41_000+day*6+i)
				w.see(walker)
			}
		},
		"slow-scraping address:198.51.100.3": func(w *town, day int) {
			scraper.address, scraper.route = "198.51.100.3", "/products/{id}"
			for i := range 90 {
				scraper.at, scraper.object = w.spread(day, i, 90), strconv.Itoa((day*90+i)*7%3000)
				w.see(scraper)
			}
		},
		"slow-exfiltration key:thief": func(w *town, day int) {
			thief.key, thief.address, thief.route, thief.agent, thief.bytes = "thief", "198.51.100.4", "/export", programAgent, 40_000_000
			for i := range 5 {
				thief.at = w.spread(day, i, 5)
				w.see(thief)
			}
		},
		"slow-guessing address:198.51.100.5": func(w *town, day int) {
			spoiler.address, spoiler.method, spoiler.route, spoiler.status = "198.51.100.5", "POST", "/login", 401
			for i := range 5 {
				spoiler.at = w.spread(day, i, 5)
				w.see(spoiler)
			}
		},
		"beacon address:198.51.100.6": func(w *town, day int) {
			for i := range 24 {
				w.see(visit{at: (int64(firstDay+day)*24*60 + int64(60*i) + w.Int64N(3)) * 60 * second, address: "198.51.100.6", network: "AS901", country: "NL",
					agent: browserAgent, method: "GET", route: "/products/{id}", object: "17", status: 200, bytes: 100})
			}
		},
		"token-in-several-places user:user6": func(w *town, day int) {
			travel.user, travel.address, travel.country, travel.network, travel.route, travel.object = "user6", "198.51.100.7", "BR", "AS902", "/products/{id}", "9"
			for i := range 30 {
				travel.at = w.spread(day, i, 30)
				w.see(travel)
			}
		},
	}
}

// from lets culprits begin on a day.
func from(first int, all map[string]func(*town, int)) map[string]func(*town, int) {
	later := map[string]func(*town, int){}
	for name, do := range all {
		later[name] = func(w *town, day int) {
			if day >= first {
				do(w, day)
			}
		}
	}
	return later
}

// sleeper is active on the first day, and from elsewhere on the last two.
func sleeper(w *town, day int) {
	v := visit{user: "sleeper", address: "10.9.0.1", country: "NL", network: "AS101", agent: browserAgent, method: "GET", route: "/products/{id}", object: "9", status: 200, bytes: 900}
	n := 4
	switch {
	case day == 8:
		v.address, v.country, v.network, n = "198.51.100.8", "BR", "AS903", 400
	case day != 2:
		return
	}
	for i := range n {
		v.at = w.spread(day, i, n)
		w.see(v)
	}
}

// guessedUser is refused from many addresses, where the gateway tells the name;
// others are refused from one.
func guessedUser(w *town, day int) {
	fail := visit{country: "NL", network: "AS904", agent: browserAgent, method: "POST", route: "/login", status: 401}
	for n := range 60 {
		fail.user, fail.address, fail.at = fmt.Sprintf("user%d", n), fmt.Sprintf("10.1.%d.%d", n/200, n%200), w.spread(day, n, 60)
		w.see(fail)
	}
	for n := range 20 {
		fail.user, fail.address, fail.at = "victim", fmt.Sprintf("203.0.113.%d", (20*day+n)%256), w.spread(day, n, 20)
		w.see(fail)
	}
}

// rulesOf are detector and actor of each, sorted, each once.
func rulesOf(found []Suspicion) []string {
	set := map[string]bool{}
	for i := range found {
		set[found[i].Detector+" "+found[i].Actor.String()] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// TestCulpritsAreFoundAmongHonestPeople is a fortnight of a town of 640 with
// eight culprits, twice over.
func TestCulpritsAreFoundAmongHonestPeople(t *testing.T) {
	planted := from(5, culprits())
	planted["account-comes-to-life user:sleeper"] = sleeper
	planted["slow-distributed-guessing user:victim"] = from(5, map[string]func(*town, int){"": guessedUser})[""]
	wanted := slices.Sorted(maps.Keys(planted))
	missed, alarms := 0, 0
	for seed := range uint64(2) {
		found := rulesOf(Judge(lived(seed, 14, planted), Options{}))
		for _, name := range wanted {
			if !slices.Contains(found, name) {
				missed++
				t.Errorf("town %d: %s is not found", seed, name)
			}
		}
		for _, name := range found {
			if !slices.Contains(wanted, name) && !strings.Contains(name, "198.51.100.") {
				alarms++
				t.Logf("town %d: %s is honest", seed, name)
			}
		}
	}
	t.Logf("found %d of %d; %d false suspicions in %d days of 640 honest actors", 2*len(wanted)-missed, 2*len(wanted), alarms, 2*14)
	if alarms > 1 {
		t.Errorf("%d false suspicions in 28 days", alarms)
	}
}

// An honest town gives next to nothing to suspect.
func TestHonestPeopleAreLeftAlone(t *testing.T) {
	alarms := 0
	for seed := range uint64(2) {
		for _, s := range Judge(lived(100+seed, 14, nil), Options{}) {
			alarms++
			t.Logf("town %d: %s %s: %s (p %.2g)", seed, s.Detector, s.Actor, s.Reason, s.Statistic.Probability)
		}
	}
	if alarms > 1 {
		t.Errorf("%d false suspicions in 28 days", alarms)
	}
}

// The same days give the same suspicions, in whatever order and parts they
// come, and whenever the job runs.
func TestSuspicionsDependOnTheDaysAlone(t *testing.T) {
	days := lived(1, 14, from(5, culprits()))
	all := Judge(days, Options{})
	if len(all) == 0 {
		t.Fatal("nothing is found")
	}
	slices.Reverse(days)
	if again := Judge(days, Options{}); !reflect.DeepEqual(again, all) {
		t.Error("the order of the days matters")
	}
	known := map[string]bool{}
	for i := range all {
		known[all[i].ID()] = true
	}
	hourly := map[string]bool{}
	for to := int32(firstDay + 1); to < firstDay+14; to++ {
		part := slices.DeleteFunc(slices.Clone(days), func(d ActorDay) bool { return d.Day > to })
		for _, s := range Judge(part, Options{From: to - 1}) {
			hourly[s.ID()] = true
		}
	}
	if !maps.Equal(known, hourly) {
		t.Errorf("at once %d suspicions, day by day %d", len(known), len(hourly))
	}
}

// Each says what was expected and seen, and can be switched off.
func TestSuspicionsExplainThemselves(t *testing.T) {
	days := lived(1, 10, from(5, culprits()))
	for _, s := range Judge(days, Options{}) {
		v := s.Statistic
		if s.Title == "" || s.Reason == "" || v.Series == "" || v.Since.IsZero() || v.Seen <= v.Expected || v.Probability <= 0 || v.Upper < v.Expected || s.Score <= 0 || s.Score > 1 {
			t.Errorf("%s: %+v", s.Detector, s)
		}
		if s.Family == "" || s.Tier != finding.Log || s.API != "shop" || s.Owner != "checkout" {
			t.Errorf("%s: family %q, tier %v, api %q, owner %q", s.Detector, s.Family, s.Tier, s.API, s.Owner)
		}
	}
	for _, s := range Judge(days, Options{Disabled: []string{Enumeration}, Blind: []finding.ActorKind{finding.Address}}) {
		if s.Detector == Enumeration || s.Actor.Kind == finding.Address {
			t.Errorf("%s %s is told", s.Detector, s.Actor)
		}
	}
}

// BenchmarkJudge judges the last two days of 14 of 19,000 actors, as it is done
// every hour.
func BenchmarkJudge(b *testing.B) {
	one := lived(1, 14, from(5, culprits()))
	var days []ActorDay
	for n := range 20 {
		for _, d := range one {
			d.Actor.Value = fmt.Sprint(n, ".", d.Actor.Value)
			days = append(days, d)
		}
	}
	for b.Loop() {
		Judge(days, Options{From: firstDay + 12})
	}
	b.ReportMetric(float64(len(days)), "rows")
}
