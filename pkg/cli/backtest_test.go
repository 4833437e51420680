package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

func TestMoment(t *testing.T) {
	now := time.Date(2026, 3, 15, 12, 0, 0, 0, time.UTC)
	f := func(text string, want time.Time) {
		t.Helper()
		if got, err := moment(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%s is %v, %v; want %v", text, got, err, want)
		}
	}
	f("7d", now.AddDate(0, 0, -7))
	f("24h", now.Add(-24*time.Hour))
	f("90m", now.Add(-90*time.Minute))
	f("0d", now)
	f("2026-01-02", time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC))
	f("2026-01-02T03:04:05Z", time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	f("2026-01-02T03:04:05+01:00", time.Date(2026, 1, 2, 2, 4, 5, 0, time.UTC))
	for _, bad := range []string{"", "d", "-1d", "-3h", "yesterday", "2026-13-01", "99999999d", "7"} {
		if got, err := moment(bad, now); err == nil {
			t.Errorf("%q is %v", bad, got)
		}
	}
}

func TestBacktestRequests(t *testing.T) {
	now := time.Date(2026, 3, 15, 12, 0, 0, 0, time.UTC)
	file := filepath.Join(t.TempDir(), "rule.yml")
	if err := os.WriteFile(file, []byte("title: x"), 0o600); err != nil {
		t.Fatal(err)
	}
	req, err := (&backtestFlags{since: "1d", blockFor: time.Hour}).request(file, now)
	if err != nil || req.YAML != "title: x" || req.Rule != "" || req.BlockSeconds != 3600 || !req.Until.IsZero() {
		t.Errorf("%+v, %v", req, err)
	}
	req, err = (&backtestFlags{since: "2d", until: "1d"}).request("Some rule", now)
	if err != nil || req.Rule != "Some rule" || req.YAML != "" || !req.Until.Equal(now.AddDate(0, 0, -1)) {
		t.Errorf("%+v, %v", req, err)
	}
	f := func(want, rule string, flags backtestFlags) {
		t.Helper()
		if _, err := flags.request(rule, now); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s %+v: %v, want %q", rule, flags, err, want)
		}
	}
	f("--since", "r", backtestFlags{since: "soon"})
	f("--until", "r", backtestFlags{since: "1d", until: "soon"})
	f("--until is not after --since", "r", backtestFlags{since: "1d", until: "2d"})
	f("--block-for", "r", backtestFlags{since: "1d", blockFor: time.Millisecond})
	f("no such file", "missing.yml", backtestFlags{since: "1d"})
}

func TestMistakesAreToldInTheFile(t *testing.T) {
	err := inFile(&wire.Problem{Title: "no", Invalid: []wire.Invalid{
		{Name: "yaml", Reason: "yaml:3:5: there is no rule: none (name it)"}, {Name: "yaml", Reason: "yaml: too large"}, {Name: "since", Reason: "since: when?"},
	}}, "my/rule.yml")
	if want := "no\n  my/rule.yml:3:5: there is no rule: none (name it)\n  my/rule.yml: too large\n  since: since: when?"; err.Error() != want {
		t.Errorf("%s\nwant %s", err, want)
	}
	if other := errors.New("no answer"); inFile(other, "x") != other {
		t.Error("another error has changed")
	}
}

func TestPrintBacktest(t *testing.T) {
	at := time.Date(2026, 3, 15, 12, 0, 0, 0, time.UTC)
	actor := finding.Actor{Kind: finding.Address, Value: "192.0.2.1"}
	result := wire.Backtest{
		Since: at, Until: at.Add(time.Hour), Rows: 1000, Seconds: 0.5, RowsPerSecond: 2000, Matches: 3, Actors: 1, ActorsAtLeast: true,
		Rules:         []wire.BacktestedRule{{Title: "Probing", Matches: 3, Block: &wire.RuleBlock{LifetimeSeconds: 3600, Mode: "shadow"}}, {Title: "Other"}},
		BucketSeconds: 60, Buckets: []wire.BacktestBucket{{At: at, Matches: 2}, {At: at.Add(time.Minute), Matches: 1}},
		TopActors: []wire.BacktestActor{{Actor: actor, Matches: 3, First: at, Last: at, Requests: 9, Successful: 4}},
		Block: wire.BacktestBlock{Asked: true, Shadow: true, Actors: 1, Blocks: 1, Requests: 8, Successful: 4, Refused: 2, Refusals: []string{"192.0.2.2 is ours"},
			Blocked: []wire.BacktestedHit{{Actor: actor, Seconds: 3600, First: at, File: "a.log", Line: 7, Reason: "GET /x", Requests: 8, Successful: 4}}},
		Examples: []wire.BacktestMatch{{Why: "the only match of its actor", Actor: actor, Time: at, Reason: "GET /x was answered 404", Event: "0000000000000001-7"}},
		Warnings: []string{"the store's events begin later"},
	}
	var out strings.Builder
	printBacktest(&out, result)
	for _, want := range []string{
		"1000 events from 2026-03-15T12:00:00Z to 2026-03-15T13:00:00Z, read in 0.50 s (2000 events/s).",
		"Probing: 3 matches; it asks for a block of 1h, mode shadow\n", "Other: 0 matches; it asks for no block",
		"Note: the store's events begin later.\n", "matches in 1m", strings.Repeat("█", widest), "at least 1 actor matched.",
		"1 actor would have been blocked (1 block): 8 requests refused, 4 of which succeeded.", "blocks in shadow",
		"The guard would have refused 2 blocks: 192.0.2.2 is ours.", "a.log:7", "the only match of its actor", "0000000000000001-7",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
	out.Reset()
	result.Matches = 0
	printBacktest(&out, result)
	if strings.Contains(out.String(), "actor") || !strings.Contains(out.String(), "Note:") {
		t.Errorf("of nothing: %s", out.String())
	}
}
