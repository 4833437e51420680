package respond

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

func TestStatisticText(t *testing.T) {
	f := func(want string, change func(*finding.Statistic)) {
		t.Helper()
		s := *anomaly("a", epoch).Statistic
		change(&s)
		if got := StatisticText(&s); got != want {
			t.Errorf("says %q\nwant %q", got, want)
		}
	}
	f("requests a minute of GET /users/{id}: seen 400 requests, expected 20 requests (ordinary 5 to 60 requests), since 2026-01-02T03:04:05Z, "+
		"by chance once in 1,000,000 looks; 91 % of it by address 192.0.2.7.", func(*finding.Statistic) {})
	f("Seen 12,345,678 bytes, expected 0.125 bytes, over at 2026-01-02T03:04:05Z.", func(s *finding.Statistic) {
		*s = finding.Statistic{Seen: 12345678, Expected: 0.125, Unit: "bytes", Until: epoch}
	})
	f("Seen unknown.", func(s *finding.Statistic) { *s = finding.Statistic{Seen: math.NaN(), Expected: math.NaN()} })
	if StatisticText(nil) != "" {
		t.Error("no statistic has words")
	}
	long := *anomaly("a", epoch).Statistic
	long.Series = strings.Repeat("x\n", 9000)
	if got := StatisticText(&long); len(got) > 4*maxWords || strings.Contains(got, "\n") {
		t.Errorf("%d bytes, or lines of a client's", len(got))
	}
}

func TestNumbersInWords(t *testing.T) {
	for x, want := range map[float64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567", 0.00012345: "0.0001234", 1e20: "1e+20"} {
		if got := amount(x, ""); got != want {
			t.Errorf("%v is written %q, want %q", x, got, want)
		}
	}
	for x, want := range map[float64]string{0: "0 %", 0.001: "under 1 %", 0.5: "50 %", 0.9999: "99.9 %", 1: "100 %"} {
		if got := percent(x); got != want {
			t.Errorf("%v is written %q, want %q", x, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		-time.Second: "a moment", 90 * time.Minute: "90 min", 30 * time.Hour: "30 h", 72 * time.Hour: "3 days",
	} {
		if got := age(d); got != want {
			t.Errorf("%v is written %q, want %q", d, got, want)
		}
	}
}

func TestAlertSaysWhatCarriesTheRisk(t *testing.T) {
	a := newAccount(LedgerOptions{})
	f := anomaly("a", epoch)
	a.take(f, "", epoch)
	alert := a.announce(a.actors[f.Actor], Links{}, epoch.Add(90*time.Minute))[0]
	for name, want := range map[string]string{
		"summary":     "GET /users/{id}: GET /users/{id} is asked for far more",
		"description": "Tier log: a doubt. Last: 400 requests a minute\nrequests a minute of GET /users/{id}: seen 400 requests",
		"evidence":    "100 % of it by baseline.burst (volume), found once, last 90 min ago\nLatest findings: " + f.ID,
		"owner":       "team-a",
		"tier_rule":   "a doubt",
		"statistic":   "by chance once in 1,000,000 looks",
	} {
		if got := alert.Annotations[name]; !strings.Contains(got, want) {
			t.Errorf("%s is %q, which lacks %q", name, got, want)
		}
	}
}
