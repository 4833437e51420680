package indicator

import (
	"flag"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

var seen = time.Date(2026, 1, 10, 0, 0, 0, 0, time.UTC)

// describe writes what was read of a feed, an indicator a line.
func describe(l *List, r Report) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s: %d taken, %d repeated, %d refused\n", r.Format, r.Taken, r.Repeated, r.Refused)
	for _, reason := range slices.Sorted(maps.Keys(r.LeftOut)) {
		fmt.Fprintf(&s, "left out, %s: %d\n", reason, r.LeftOut[reason])
	}
	for i := range l.Len() {
		e := l.At(i)
		fmt.Fprintf(&s, "%s %s", e.Kind, e.Value)
		if e.Subdomains {
			s.WriteString(" and below")
		}
		fmt.Fprintf(&s, " confidence=%d", e.Confidence)
		for _, part := range []struct{ name, text string }{{"labels", strings.Join(e.Labels, ",")}, {"source", e.Source}, {"reference", e.Reference}, {"from", date(e.From)}, {"until", date(e.Until)}} {
			if part.text != "" {
				fmt.Fprintf(&s, " %s=%q", part.name, part.text)
			}
		}
		s.WriteByte('\n')
	}
	for _, m := range r.Mistakes {
		fmt.Fprintf(&s, "%s\n", m.Error())
	}
	if r.Broken != nil {
		fmt.Fprintf(&s, "broken: %v\n", r.Broken)
	}
	return s.String()
}

func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

func golden(t *testing.T, name string, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (go test -run Golden -update):\n%s", name, diff)
	}
}

func TestGolden(t *testing.T) {
	f := func(name string, o Options) {
		t.Helper()
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		o.Feed, o.File, o.Seen = "test", name, seen
		golden(t, name, describe(Parse(o, data)))
	}
	month := 30 * 24 * time.Hour
	f("plain.txt", Options{Confidence: 40})
	f("table.csv", Options{Format: CSV, Expires: month, Labels: []string{"tracker"}, Table: Table{Columns: map[string]string{
		"value": "dst_ip", "confidence": "Confidence", "labels": "tags", "kind": "type", "seen": "first_seen", "until": "until",
	}}})
	f("bundle.json", Options{Confidence: 50})
	f("event.json", Options{Confidence: 50, Expires: month})
	f("crawlers.json", Options{Confidence: 90})
	f("decisions.json", Options{Format: CrowdSec, Confidence: 50})
}

func TestEveryFormatIsGuessed(t *testing.T) {
	f := func(name, want string) {
		t.Helper()
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if got := guess(data); got != want {
			t.Errorf("%s is taken for %s, want %s", name, got, want)
		}
	}
	f("plain.txt", Plain)
	f("bundle.json", STIX)
	f("event.json", MISP)
	f("crawlers.json", Crawlers)
}

func TestBroken(t *testing.T) {
	f := func(format, data, want string) {
		t.Helper()
		if _, r := Parse(Options{Format: format, Seen: seen}, []byte(data)); r.Broken == nil || !strings.Contains(r.Broken.Error(), want) {
			t.Errorf("%s %q: broken is %v, want %s", format, data, r.Broken, want)
		}
	}
	f(Plain, "", "nothing in it")
	f(Plain, " \n\t\n", "nothing in it")
	f(Plain, "<!DOCTYPE html><title>Sorry</title>", "a page")
	f(Plain, "# only comments\n", "no indicator")
	f(Plain, "MZ\x00\x01", "binary")
	f(STIX, `{"error": "rate limited"}`, `no list "objects"`)
	f(STIX, `{"type": "bundle", "objects": [{"type": "ind`, "cut off")
	f(STIX, `{"type": "bundle", "objects": [{"type" "indicator"}]}`, "not JSON")
	f(STIX, `{"objects": [{"type":"indicator","pattern":"[ipv4-addr:value='192.0.2.1']"}]} and more`, "more behind")
	f(MISP, `{"message": "Authentication failed"}`, `no "Event"`)
	f(MISP, `{"Event": {"Attribute": [`, "cut off")
	f(MISP, `[]`, `no "Event"`)
	f(Crawlers, `{"pattern": "x"}`, "no indicator")
	f(CSV, "1.2.3.4", "without a column for the value")
	f("xml", "x", "format")
}

func TestCutFeedKeepsWhatItHas(t *testing.T) {
	list, r := Parse(Options{Format: STIX, Seen: seen}, []byte(`{"objects": [{"type":"indicator","pattern":"[ipv4-addr:value='192.0.2.1']"}, {"type":`))
	if list.Len() != 1 || r.Broken == nil {
		t.Errorf("%d indicators, broken %v", list.Len(), r.Broken)
	}
}

func TestTable(t *testing.T) {
	f := func(o Options, data, want string) {
		t.Helper()
		o.Format, o.Seen = CSV, seen
		list, r := Parse(o, []byte(data))
		var got []string
		for i := range list.Len() {
			got = append(got, list.At(i).Value)
		}
		if r.Broken != nil {
			got = append(got, r.Broken.Error())
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%q gave %q, want %q; %v", data, s, want, r.Mistakes)
		}
	}
	columns := func(pairs ...string) Options {
		o := Options{Table: Table{Columns: map[string]string{}}}
		for i := 0; i < len(pairs); i += 2 {
			o.Table.Columns[pairs[i]] = pairs[i+1]
		}
		return o
	}
	f(columns("value", "1"), "192.0.2.1,x\n192.0.2.2,y\n", "192.0.2.1 192.0.2.2")
	f(columns("value", "2"), "a,192.0.2.1\r\n# c\r\nb,192.0.2.2", "192.0.2.1 192.0.2.2")
	f(columns("value", "ip"), "n,IP\n1,192.0.2.1\n", "192.0.2.1")
	f(columns("value", "addres"), "n,address\n1,192.0.2.1\n", `there is no column "addres": did you mean "address"?`)
	f(columns("value", "zzz"), "n,ip\n1,192.0.2.1\n", `there is no column "zzz"; there are "n, ip"`)
	f(columns("value", "0"), "192.0.2.1", "columns are numbered from 1")
	f(columns("value", "1", "colour", "2"), "192.0.2.1", `columns can hold value, kind, confidence, labels, reference, source, seen, from, until, not "colour"`)
	tabs := columns("value", "1")
	tabs.Table.Separator = '\t'
	tabs.Table.Header = true
	f(tabs, "address\tn\n192.0.2.1\t1\n", "192.0.2.1")
	agents := columns("value", "2")
	agents.Kind = UserAgent
	f(agents, `1,"Evil/1, (""x"")"`, `Evil/1, ("x")`)
}

func TestWanted(t *testing.T) {
	f := func(o Options, want ...string) {
		t.Helper()
		o.Format, o.Seen = CSV, seen
		o.Table = Table{Columns: map[string]string{"value": "1", "confidence": "2", "labels": "3"}}
		list, _ := Parse(o, []byte("192.0.2.1,90,c2\n192.0.2.2,10,c2\n192.0.2.3,,scan\n"))
		got := []string{}
		for i := range list.Len() {
			got = append(got, list.At(i).Value)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v gave %v, want %v", o, got, want)
		}
	}
	f(Options{}, "192.0.2.1", "192.0.2.2", "192.0.2.3")
	f(Options{MinConfidence: 50}, "192.0.2.1")
	f(Options{MinConfidence: 50, Confidence: 60}, "192.0.2.1", "192.0.2.3")
	f(Options{Only: []string{"scan"}}, "192.0.2.3")
	f(Options{Only: []string{"mine"}, Labels: []string{"mine"}}, "192.0.2.1", "192.0.2.2", "192.0.2.3")
	f(Options{Own: []netip.Prefix{netip.MustParsePrefix("192.0.2.2/31")}}, "192.0.2.1")
}

func TestMoreConfidentOfTwoIsKept(t *testing.T) {
	list, r := Parse(Options{Format: CSV, Seen: seen, Table: Table{Columns: map[string]string{"value": "1", "confidence": "2"}}},
		[]byte("192.0.2.1,10\n192.0.2.1,90\n192.0.2.1,50\n"))
	if list.Len() != 1 || list.At(0).Confidence != 90 || r.Repeated != 2 {
		t.Errorf("%+v, %+v", list.At(0), r)
	}
}

func TestMistakesAreBounded(t *testing.T) {
	_, r := Parse(Options{Kind: Address, Seen: seen}, []byte(strings.Repeat("nonsense\n", 1000)+strings.Repeat("x", maxLine+1)))
	if r.Refused != 1001 || len(r.Mistakes) != maxMistakes || r.Mistakes[99].Line != 100 {
		t.Errorf("%d refused, %d kept", r.Refused, len(r.Mistakes))
	}
}

func TestDecisionsOfAQuestion(t *testing.T) {
	list, report := Parse(Options{Format: CrowdSec, Seen: seen}, []byte(` [{"duration":"1h","scope":"Ip","type":"ban","value":"192.0.2.7"}]`))
	if report.Broken != nil || list.Len() != 1 || !list.At(0).Until.Equal(seen.Add(time.Hour)) {
		t.Errorf("%+v", report)
	}
	if _, report := Parse(Options{Format: CrowdSec, Seen: seen}, []byte("null")); report.Broken == nil {
		t.Error("no decision is no list: so it looks when a server has lost its data")
	}
}
