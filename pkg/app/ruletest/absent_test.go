package ruletest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The fields of a correlation are looked for under the names that its members
// have for them.
func TestAbsentFieldsOfCorrelations(t *testing.T) {
	f := func(groupBy, more string, want ...Absent) {
		t.Helper()
		for i := range want {
			want[i].Rules, want[i].First = 1, Rule{Key: "Many", Title: "Many", File: "a.yml", Line: 11}
		}
		l := Check(load(t, map[string]string{"a.yml": `title: A
name: a
logsource: {category: webserver}
detection: {sel: {path: /a}, condition: sel}
---
title: Of other logs
name: dns
logsource: {category: dns}
detection: {sel: {query: /b}, condition: sel}
---
title: Many
correlation:
  type: value_count
  group-by: ` + groupBy + `
  timespan: 1h
  ` + strings.ReplaceAll(more, "\n", "\n  ")}), nil)
		if diff := cmp.Diff(append([]Absent{}, want...), l.Fields); diff != "" {
			t.Errorf("%s %s: %s", groupBy, more, diff)
		}
	}
	f("[client_addres]", "rules: [a]\ncondition: {gte: 3, field: client_address}", Absent{Field: "client_addres", Meant: "client_address"})
	f("[client_address]", "rules: [a]\ncondition: {gte: 3, field: [Pth, path]}", Absent{Field: "Pth", Meant: "path"})
	f("[client_address]", "rules: [a]\ncondition: {gte: 3, field: path}")
	// An alias is no field; what it stands for is.
	f("[who]", "rules: [a]\naliases: {who: {a: c-ip}}\ncondition: {gte: 3, field: path}")
	f("[who]", "rules: [a]\naliases: {who: {a: c-ipp}}\ncondition: {gte: 3, field: path}", Absent{Field: "c-ipp", Meant: "c-ip"})
	// What other logs have is not ours to know.
	f("[answer]", "rules: [dns]\ncondition: {gte: 3, field: answer}")
}
