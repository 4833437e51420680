package sigma

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestDocumentsOfASource(t *testing.T) {
	f := func(text string, want ...string) {
		t.Helper()
		c := parseAll(t, Options{}, Source{"d.yml", []byte(text)})
		var got []string
		for _, r := range c.Rules {
			got = append(got, fmt.Sprintf("%s:%d", r.Title, r.Place.Line))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q has %v, want %v", text, got, want)
		}
	}
	const body = "logsource: {category: webserver}\ndetection: {s: {a: '---'}, condition: s}\n"
	f("title: A\n"+body, "A:1")
	f("---\ntitle: A\n"+body+"---\ntitle: B\n"+body, "A:2", "B:6")
	f("# a comment\n---   # another\ntitle: A\n"+body+"...\n---\n# nothing\n---\n", "A:3")
	f("%YAML 1.2\n---\ntitle: A\n"+body, "A:3")
	f("\ufefftitle: A\r\n"+strings.ReplaceAll(body, "\n", "\r\n")+"---\r\ntitle: B\r\n"+strings.ReplaceAll(body, "\n", "\r\n"), "A:1", "B:5")
	f("title: A\ndescription: |\n  ---\n  text\n"+body, "A:1")
	f("--- {title: A, logsource: {category: x}, detection: {s: {a: 1}, condition: s}}\n", "A:1")
	f("")
	f("---\n---\n")
}

func TestActions(t *testing.T) {
	c := parseAll(t, Options{}, Source{"g.yml", []byte(`
action: global
title: Shared
id: 4a3a2b96-d7fc-4cb9-80e4-4a545fe95f46
detection:
    condition: 1 of them
level: low
---
logsource: {product: a}
detection:
    one: {a: 1}
---
logsource: {product: b}
detection:
    two: {b: 1}
---
action: repeat
logsource: {product: c}
---
action: reset
---
title: Alone
logsource: {product: d}
detection:
    three: {c: 1}
    condition: three
---
action: repeat
title: Again
`)})
	var got []string
	for _, r := range c.Rules {
		got = append(got, strings.Join([]string{r.Title, r.ID, r.LogSource.Product, sketch(r.Condition)}, " "))
	}
	want := []string{
		"Shared 4a3a2b96-d7fc-4cb9-80e4-4a545fe95f46 a a = 1",
		"Shared 4a3a2b96-d7fc-4cb9-80e4-4a545fe95f46-2 b b = 1",
		"Shared 4a3a2b96-d7fc-4cb9-80e4-4a545fe95f46-3 c b = 1",
		"Alone  d c = 1",
		"Again  d c = 1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// What is loaded does not depend on the order of the sources.
func TestPermutedSources(t *testing.T) {
	sources := []Source{{"filter.yml", []byte(administrators)}}
	for i, text := range strings.Split(failedLogins+"---\n"+filtered, "\n---\n") {
		sources = append(sources, Source{fmt.Sprintf("%d.yml", i), []byte(text)})
	}
	sources = append(sources, Source{"bad.yml", []byte(strings.Replace(base("bad"), "condition", "conditions", 1))})
	want := summary(t, sources)
	if !strings.Contains(want, "refused") || strings.Count(want, "\n") < 8 {
		t.Fatal(want)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		random.Shuffle(len(sources), func(i, j int) { sources[i], sources[j] = sources[j], sources[i] })
		if got := summary(t, sources); got != want {
			t.Fatalf("%s\nwant\n%s", got, want)
		}
	}
}

// summary is what a collection holds, in an order of its own.
func summary(t *testing.T, sources []Source) string {
	c, mistakes := Parse(Options{}, sources...)
	checkInvariants(t, c)
	var lines []string
	for _, r := range c.Rules {
		lines = append(lines, fmt.Sprint(r.Title, r.Version, r.Silent, sketch(r.Condition)))
	}
	for _, r := range c.Correlations {
		lines = append(lines, fmt.Sprint(r.Title, r.Version, r.Silent, len(r.Members)))
	}
	for _, f := range c.Filters {
		lines = append(lines, fmt.Sprint(f.Title, f.Version, len(f.Rules)))
	}
	for _, m := range append(mistakes, c.Warnings()...) {
		lines = append(lines, "refused or warned: "+m.Error())
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func TestPatternIsReadBackAsWritten(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		written := make([]byte, random.IntN(8))
		for i := range written {
			written[i] = `a\*?`[random.IntN(4)]
		}
		p := parsePattern(string(written))
		checkPattern(t, p)
		if back := parsePattern(p.String()); !slices.Equal(back, p) {
			t.Fatalf("%q is %+v, written %q, read back %+v", written, p, p.String(), back)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{failedLogins, filtered + administrators, versioned, bomb()} {
		f.Add([]byte(text))
	}
	files, _ := filepath.Glob("testdata/refused/*.yml")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, mistakes := Parse(Options{Placeholders: placeholders}, Source{"fuzz.yml", data})
		checkInvariants(t, c)
		for _, m := range append(mistakes, c.Warnings()...) {
			if m.File != "fuzz.yml" || m.Message == "" || m.Line < 0 {
				t.Fatalf("a mistake without a place: %+v", m)
			}
		}
		again, same := Parse(Options{Placeholders: placeholders}, Source{"fuzz.yml", data})
		if len(again.Rules) != len(c.Rules) || same.Error() != mistakes.Error() {
			t.Fatal("the second reading differs")
		}
	})
}

func FuzzRegexp(f *testing.F) {
	for _, expr := range []string{`a\sb[\S\b]`, `(?'n'a)\Q.\E\x4`, `[[:alpha:]\h]{2,3}`, `\u00e9(?#c)`, `[^]]`} {
		f.Add(expr)
	}
	f.Fuzz(func(t *testing.T, expr string) {
		a := atom{op: Regexp, value: Value{Kind: RegexpValue, Regexp: expr}}
		if bad := a.compile(); bad == nil {
			checkValue(t, &Item{Field: "a", Op: Regexp}, a.value)
		}
	})
}

// BenchmarkParse reads a rule of ordinary size.
func BenchmarkParse(b *testing.B) {
	source := Source{"bench.yml", []byte(versioned)}
	b.SetBytes(int64(len(source.Data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, mistakes := Parse(Options{}, source); len(mistakes) > 0 {
			b.Fatal(mistakes)
		}
	}
}
