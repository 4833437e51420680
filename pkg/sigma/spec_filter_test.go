package sigma

import (
	"strings"
	"testing"
)

// The tests in this file follow the Sigma specification, version 2.1.0,
// "Sigma Filters Specification".

const filtered = `
title: Data Compressed
id: 6f3e2987-db24-4c78-a860-b4f4095a7095
logsource: {category: process_creation, product: windows}
detection:
    selection: {Image: rar.exe}
    condition: selection
---
title: Login on jump host
id: df0841c0-9846-4e9f-ad8a-7df91571771b
name: jump
logsource: {category: process_creation, product: windows, service: security}
detection:
    selection: {Host: jump}
    other: {b: 1}
    condition: selection or other
---
title: Elsewhere
name: elsewhere
logsource: {category: process_creation, product: linux}
detection:
    selection: {Host: jump}
    condition: selection
---
`

const administrators = `
title: Filter Administrator account
description: The valid administrator account start with adm_
logsource:
    category: process_creation
    product: windows
filter:
    rules:
        - 6f3e2987-db24-4c78-a860-b4f4095a7095 # Data Compressed - rar.exe
        - df0841c0-9846-4e9f-ad8a-7df91571771b # Login on jump host
    selection:
        User|startswith: 'adm_'
    condition: selection
`

func filterAll(t *testing.T, filter string) (*Collection, string) {
	t.Helper()
	c := parseAll(t, Options{}, Source{Name: "f.yml", Data: []byte(filtered + filter)})
	var conditions []string
	for _, r := range c.Rules {
		conditions = append(conditions, sketch(r.Condition))
	}
	return c, strings.Join(conditions, "; ")
}

func TestFilterAdministratorAccount(t *testing.T) {
	c, got := filterAll(t, administrators)
	want := `(Image = "rar.exe" and User = "adm_*"); ((Host = "jump" or b = 1) and User = "adm_*"); Host = "jump"`
	if got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if s, ok := c.Rules[0].Condition.(And)[1].(*Search); !ok || s.Name != `filter "Filter Administrator account"` {
		t.Errorf("the filter's part is %+v", c.Rules[0].Condition)
	}
	if f := c.Filters[0]; len(f.Rules) != 2 || f.LogSource.Product != "windows" || f.Title != "Filter Administrator account" {
		t.Errorf("%+v", f)
	}
}

func TestFilterOfAnyRule(t *testing.T) {
	for _, any := range []string{"any", "Any", "[]"} {
		_, got := filterAll(t, `
title: Any
logsource: {category: process_creation, product: windows}
filter:
    rules: `+any+`
    selection_a: {u: a}
    selection_b: {u: b}
    condition: not 1 of selection_*
`)
		want := `(Image = "rar.exe" and not (u = "a" or u = "b")); ((Host = "jump" or b = 1) and not (u = "a" or u = "b")); Host = "jump"`
		if got != want {
			t.Errorf("%s: %s\nwant %s", any, got, want)
		}
	}
}

// A filter's searches are its own: a rule's "1 of them" does not see them.
func TestFilterKeepsItsSearchesApart(t *testing.T) {
	_, got := filterAll(t, `
title: One
logsource: {category: process_creation}
filter:
    rules: elsewhere
    selection: {u: a}
    condition: not selection
`)
	if !strings.HasSuffix(got, `; (Host = "jump" and not u = "a")`) {
		t.Error(got)
	}
}

func TestFilterWithoutItsRulesIsAWarning(t *testing.T) {
	f := func(rules, want string) {
		t.Helper()
		c, _ := filterAll(t, strings.Replace(administrators, "6f3e2987-db24-4c78-a860-b4f4095a7095", rules, 1))
		if got := c.Warnings().Error(); !strings.Contains(got, want) || len(c.Filters) != 1 {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
	f("6f3e2987-db24-4c78-a860-b4f4095a7096", `there is no rule "6f3e2987-db24-4c78-a860-b4f4095a7096" (did you mean "6f3e2987-db24-4c78-a860-b4f4095a7095"?)`)
	f("elsewhere", `f.yml:33:11: the rule "elsewhere" is about other logs than the filter`)
	c, _ := filterAll(t, "title: Nothing\nlogsource: {product: macos}\nfilter: {rules: any, selection: {a: 1}, condition: selection}\n")
	if got := c.Warnings().Error(); !strings.Contains(got, "the filter is about no rule that is loaded") {
		t.Error(got)
	}
}
