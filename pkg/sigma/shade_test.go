package sigma

import (
	"strings"
	"testing"
)

const blocking = `title: One
id: 11111111-1111-4111-8111-111111111111
name: one
logsource: {category: webserver}
detection: {s: {a: 1}, condition: s}
honeymoat: {block: {ttl: 1h, mode: enforce}}
---
title: Two
name: two
logsource: {category: webserver}
detection: {s: {a: 2}, condition: s}
honeymoat: {block: {ttl: 1h, mode: enforce}}
---
title: Three
name: three
logsource: {category: proxy}
detection: {s: {a: 3}, condition: s}
honeymoat: {block: {ttl: 1h, mode: enforce}}
---
title: Many ones
name: many
correlation: {type: event_count, rules: [one], timespan: 1h, condition: {gte: 3}, generate: true}
honeymoat: {block: {ttl: 1h, mode: enforce}}
---
title: Many of many
correlation: {type: event_count, rules: [many], timespan: 1h, condition: {gte: 3}, generate: true}
honeymoat: {block: {ttl: 1h, mode: enforce}}
`

// shadows lists what has its block in shadow.
func shadows(c *Collection) string {
	var titles []string
	for _, r := range c.Rules {
		if r.Honeymoat.Block.Mode == BlockShadow {
			titles = append(titles, r.Title)
		}
	}
	for _, r := range c.Correlations {
		if r.Honeymoat.Block.Mode == BlockShadow {
			titles = append(titles, r.Title)
		}
	}
	return strings.Join(titles, ", ")
}

func TestRefusedFilterPutsBlocksIntoShadow(t *testing.T) {
	f := func(filter, want, warned string) {
		t.Helper()
		c, mistakes := Parse(Options{}, Source{"rules.yml", []byte(blocking)}, Source{"filter.yml", []byte(filter)})
		if len(mistakes) == 0 || len(c.Rules) != 3 || len(c.Correlations) != 2 || len(c.Filters) > 0 {
			t.Fatalf("%s: %v, %+v", filter, mistakes, c)
		}
		if got := shadows(c); got != want {
			t.Errorf("%s\nputs %q into shadow, want %q", filter, got, want)
		}
		told := strings.Count(c.Warnings().Error(), "are in shadow")
		if w := c.Warnings().Error(); !strings.Contains(w, warned) || (told == 1) != (want != "") {
			t.Errorf("%s\nis warned of as %s\nwant %s", filter, w, warned)
		}
	}
	const head = "title: F\nlogsource: {category: webserver}\nfilter:\n  rules: "
	const bad = "\n  s: {a|contians: 1}\n  condition: not s\n"
	f(head+"[one]"+bad, "One, Many ones, Many of many",
		`filter.yml:1:1: without this filter the blocks of "One", "Many ones", "Many of many" are in shadow: they would refuse whom it excludes (mend the filter)`)
	f(head+"[11111111-1111-4111-8111-111111111111, nobody]"+bad, "One, Many ones, Many of many", "")
	f(head+"two"+bad, "Two", `the blocks of "Two" are in shadow`)
	f(head+"three"+bad, "", "") // of other logs
	f(head+"any"+bad, "One, Two, Many ones, Many of many", "")
	f(head+"{two: 1}"+bad, "One, Two, Many ones, Many of many", "") // whom it means is not known
	// What is no YAML, by the names in it.
	f(head+"\n    - two # a name\n  s: {a: @x}\n  condition: not s\n", "Two", `filter.yml:6:10: without this filter`)
	f(head+"[three, 'two']\n  s: {a: @x}\n  condition: not s\n", "Two, Three", "")
	f(head+"any\n  s: {a: @x}\n  condition: not s\n", "One, Two, Three, Many ones, Many of many", "")
	f("title: R\nlogsource: {category: webserver}\ndetection: {two: {a: @x}, condition: two}\n", "", "") // no filter
	// Its key is misspelt.
	f("title: F\nlogsource: {category: webserver}\nfliter:\n  rules: [two]\n  s: {a: 1}\n  condition: not s\n", "Two", "")
	f("title: F\nlogsource: {category: webserver}\nfitler:\n  rules: any\n  s: {a: 1}\n  condition: not s\n", "One, Two, Many ones, Many of many", "")
	// Its placeholders have no values.
	f(head+"[two]\n  s: {c-ip|expand|cidr: '%office%'}\n  condition: not s\n", "Two", "")
}

func TestFilterInForceLeavesBlocksAlone(t *testing.T) {
	c := parseAll(t, Options{}, Source{"rules.yml", []byte(blocking + `---
title: F
logsource: {category: webserver}
filter: {rules: any, s: {a: 1}, condition: not s}
`)})
	if got := shadows(c); got != "" {
		t.Errorf("in shadow: %s", got)
	}
}

// What is done about a match is part of the version.
func TestShadeChangesTheVersion(t *testing.T) {
	version := func(sources ...Source) string {
		c, _ := Parse(Options{}, sources...)
		return c.Rules[0].Version
	}
	whole := Source{"rules.yml", []byte(blocking)}
	if version(whole) == version(whole, Source{"f.yml", []byte("title: F\nlogsource: {category: webserver}\nfilter: {rules: any}")}) {
		t.Error("the version is the same")
	}
}

func TestFilterWithoutValuesIsToldAtItsItem(t *testing.T) {
	_, mistakes := Parse(Options{}, Source{"f.yml", []byte("title: F\nlogsource: {category: webserver}\nfilter:\n  rules: any\n  s:\n    c-ip|expand|cidr: '%office%'\n  condition: not s\n")})
	if got, want := mistakes.Error(), "f.yml:6:23: %office%: no values for this placeholder (give it values under rules.placeholders in the configuration, or take it out)"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}
