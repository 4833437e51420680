package replay

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/netip"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/decoy"
	"github.com/honeymoat/honeymoat/pkg/respond"
)

var update = flag.Bool("update", false, "write the golden files anew")

// options read files by a small catalogue of our own: the one that is shipped
// may grow without touching these tests.
func options(t *testing.T, findings *bytes.Buffer, files ...string) Options {
	t.Helper()
	data, err := os.ReadFile("testdata/decoys.yml")
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := decoy.Parse(decoy.Source{Name: "decoys.yml", Data: data})
	if err != nil {
		t.Fatal(err)
	}
	o := Options{
		Files: files, Log: accesslog.Options{Format: accesslog.Auto, Trusted: func(netip.Addr) bool { return false }}, Catalogue: catalogue,
		Internal: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
		Guard:    respond.GuardOptions{Allow: []netip.Prefix{netip.MustParsePrefix("203.0.113.200/32")}},
		Ledger:   respond.LedgerOptions{PerMinute: 600, PerAgentOnly: 120},
	}
	if findings != nil {
		o.Findings = findings
	}
	return o
}

// replay gives the summary without what a clock measured, and the findings.
func replay(t *testing.T, files ...string) (Summary, string) {
	t.Helper()
	var findings bytes.Buffer
	sum, err := Run(t.Context(), options(t, &findings, files...))
	if err != nil {
		t.Fatal(err)
	}
	if sum.Seconds <= 0 || sum.LinesPerSecond < 0 {
		t.Errorf("%v s, %v lines/s", sum.Seconds, sum.LinesPerSecond)
	}
	sum.Seconds, sum.LinesPerSecond = 0, 0
	return sum, findings.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (go test ./pkg/app/replay -update writes it anew):\n%s", name, diff)
	}
}

func TestSummaryAndFindings(t *testing.T) {
	sum, findings := replay(t, "testdata/edge.log")
	text, err := json.MarshalIndent(sum, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/edge.summary.json", string(text)+"\n")
	golden(t, "testdata/edge.findings.ndjson", findings)
	again, findingsAgain := replay(t, "testdata/edge.log")
	if diff := cmp.Diff(sum, again, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" || findings != findingsAgain {
		t.Errorf("a second replay said something else:\n%s", diff)
	}
}

// TestKeys pins the names that other programs read.
func TestKeys(t *testing.T) {
	sum, findings := replay(t, "testdata/edge.log")
	text, err := json.Marshal(sum)
	if err != nil {
		t.Fatal(err)
	}
	var s map[string]json.RawMessage
	var blocked []map[string]json.RawMessage
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	has(t, s, "lines", "parsed", "quarantined", "findings", "would_block", "seconds", "lines_per_second")
	if err := json.Unmarshal(s["would_block"], &blocked); err != nil || len(blocked) == 0 {
		t.Fatalf("%s: %v", s["would_block"], err)
	}
	has(t, blocked[0], "actor", "after_requests", "file", "line", "seconds", "tier", "reasons")
	hasActor(t, blocked[0]["actor"])
	first, _, _ := bytes.Cut([]byte(findings), []byte("\n"))
	var f map[string]json.RawMessage
	if err := json.Unmarshal(first, &f); err != nil {
		t.Fatal(err)
	}
	has(t, f, "file", "line", "time", "rule", "family", "tier", "score", "actor", "title")
	hasActor(t, f["actor"])
}

func hasActor(t *testing.T, raw json.RawMessage) {
	t.Helper()
	var actor map[string]json.RawMessage
	if err := json.Unmarshal(raw, &actor); err != nil {
		t.Fatal(err)
	}
	has(t, actor, "kind", "value")
}

func has(t *testing.T, object map[string]json.RawMessage, keys ...string) {
	t.Helper()
	for _, key := range keys {
		if _, ok := object[key]; !ok {
			t.Errorf("no key %q among %v", key, object)
		}
	}
}
