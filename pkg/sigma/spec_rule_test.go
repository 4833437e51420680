package sigma

import (
	"strings"
	"testing"
)

// The tests in this file follow the sections of the Sigma specification,
// version 2.1.0, "Sigma Rules Specification".

func TestStringWildcard(t *testing.T) {
	item(t, `a: prog?.exe`, `a = "prog?.exe"`)
	item(t, `a: antivirus_V*.exe`, `a = "antivirus_V*.exe"`)
	item(t, `a: '**x***y??'`, `a = "*x*y??"`)
	item(t, `a: '*'`, `a = "*"`)
}

func TestEscapeCharacter(t *testing.T) {
	f := func(written string, want ...Token) {
		t.Helper()
		got := parsePattern(written)
		checkPattern(t, got)
		if len(got) != len(want) {
			t.Fatalf("%s is %+v", written, got)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s is %+v, want %+v", written, got, want)
			}
		}
	}
	text := func(s string) Token { return Token{Kind: Literal, Text: s} }
	run, one := Token{Kind: AnyRun}, Token{Kind: AnyOne}
	// "Plain backslash not followed by a wildcard can be expressed as single or double backslash."
	f(`a\b`, text(`a\b`))
	f(`a\\b`, text(`a\b`))
	// "A wildcard has to be escaped to be handled as a plain character."
	f(`a\*b`, text(`a*b`))
	f(`a\?b`, text(`a?b`))
	// "The backslash before a wildcard has to be escaped to handle the value as a backslash followed by a wildcard."
	f(`a\\*`, text(`a\`), run)
	f(`a\\?b`, text(`a\`), one, text(`b`))
	// "Three backslashes are necessary to escape both."
	f(`a\\\*`, text(`a\*`))
	// "Three or four backslashes are handled as double backslash."
	f(`a\\\b`, text(`a\\b`))
	f(`a\\\\b`, text(`a\\b`))
	f(`\\\\`, text(`\\`))
	// At the end there is nothing to escape.
	f(`a\`, text(`a\`))
	f(``)
}

func TestLists(t *testing.T) {
	finds(t, `
keywords:
    - 'EVILSERVICE'
    - 'svchost.exe -n evil'
condition: keywords
`, ` = "*EVILSERVICE*", "*svchost.exe -n evil*"`)
	finds(t, `
selection:
    - Image|endswith: '\\example.exe'
    - Description|contains: 'Test executable'
condition: selection
`, `(Image = "*\\example.exe" or Description = "*Test executable*")`)
	finds(t, `
selection:
    - a: 1
      b: 2
    - word
    - c: 3
    - 404
condition: selection
`, `((a = 1 and b = 2) or c = 3 or  = "*word*", "*404*")`)
	finds(t, `
selection:
    - - a: 1
      - b: 2
    - c: 3
condition: selection
`, `((a = 1 or b = 2) or c = 3)`)
}

func TestMaps(t *testing.T) {
	finds(t, `
selection:
    EventLog: Security
    EventID:
        - 517
        - 1102
condition: selection
`, `(EventLog = "Security" and EventID = 517, 1102)`)
	finds(t, `
selection:
    EventLog: Security
    EventID: 4769
    TicketOptions: '0x40810000'
    TicketEncryption: '0x17'
condition: selection
`, `(EventLog = "Security" and EventID = 4769 and TicketOptions = "0x40810000" and TicketEncryption = "0x17")`)
}

func TestValuesByYAML(t *testing.T) {
	item(t, `a: 0x17`, `a = 23`)
	item(t, `a: -1.5`, `a = -1.5`)
	item(t, `a: 1e3`, `a = 1000`)
	item(t, `a: 010`, `a = 10`)
	item(t, `a: 0o10`, `a = 8`)
	item(t, `a: 1_000`, `a = "1_000"`)
	item(t, `a: "5"`, `a = "5"`)
	item(t, `a: true`, `a = true`)
	item(t, `a: yes`, `a = "yes"`)
	item(t, `a: !!str 5`, `a = "5"`)
	item(t, `a: .inf`, `a = ".inf"`)
	item(t, `a: 99999999999999999999999`, `a = 1e+23`)
	item(t, "a: |-\n    x\n    y", `a = "x\ny"`)
	item(t, "a: &x [1, 2]\nb: *x", `(a = 1, 2 and b = 1, 2)`)
	finds(t, "base: &base\n    a: 1\nselection:\n    <<: *base\n    b: 2\ncondition: base or selection\n", `(a = 1 or (a = 1 and b = 2))`)
}

func TestSpecialFieldValues(t *testing.T) {
	finds(t, `
selection:
    EventID: 4738
filter:
    PasswordLastSet: null
condition: selection and not filter
`, `(EventID = 4738 and not PasswordLastSet is null)`)
	finds(t, `
selection_main:
    FieldA: 'something'
selection_empty1:
    FieldB: ''
selection_empty2:
    FieldB: null
condition: selection_main and 1 of selection_empty*
`, `(FieldA = "something" and (FieldB = "" or FieldB is null))`)
	item(t, `a:`, `a is null`)
	item(t, `a: ~`, `a is null`)
	// "null cannot be part of a list of field values"
	refusedItem(t, "FieldB:\n    - ''\n    - null", `rule.yml:11:15: FieldB: null cannot be one of several values (make it a search of its own)`)
}

func TestFieldExistence(t *testing.T) {
	finds(t, `
selection:
    EventID: 4738
    PasswordLastSet|exists: true
condition: selection
`, `(EventID = 4738 and PasswordLastSet exists true)`)
	item(t, `a|exists: no`, `a exists false`)
}

func TestPlaceholders(t *testing.T) {
	item(t, `field: '%Servers%'`, `field = "%Servers%"`)
	item(t, `field|expand: '%Servers%'`, `field = "srv*"`)
	item(t, `field|expand: '\%plain%Servers%'`, `field = "%plainsrv*"`)
	item(t, `field|expand: '%Admins%@%Servers%'`, `field = "root@srv*", "adm?@srv*"`)
	item(t, `field|expand: '%Admins%%Admins%'`, `field = "rootroot", "rootadm?", "adm?root", "adm?adm?"`)
	item(t, `field|contains|expand: 'x%Admins%'`, `field = "*xroot*", "*xadm?*"`)
	item(t, `field|expand|cidr: '%nets%'`, `field in 192.0.2.0/24, 2001:db8::/32`)
	item(t, `field|expand|gte: '%limit%'`, `field >= 5`)
	item(t, `field|re|expand: '^%Admins%$'`, `field ~ /^root$/, /^adm?$/`)
	item(t, "field|expand|all:\n    - '%Admins%'\n    - x", `(field = "root", "adm?" and field = "x")`)
	item(t, `field|expand: '100%'`, `field = "100%"`)
	item(t, `field|expand: '%% %a'`, `field = "%% %a"`)
}

// "Placeholders must be handled appropriately": a rule is read, and waits for
// the values of its placeholders.
func TestPlaceholdersWithoutValues(t *testing.T) {
	f := func(line, unfilled, hint string) {
		t.Helper()
		c, mistakes := Parse(Options{Placeholders: placeholders}, Source{Name: "a.yml", Data: []byte(
			"title: A rule\nid: a\nlevel: low\ndescription: x\nlogsource: {category: webserver}\ndetection:\n  selection:\n" + indent(line, "    ") + "\n  condition: selection\n")})
		if len(mistakes) > 0 || len(c.Rules) != 1 || strings.Join(c.Rules[0].Unfilled, " ") != unfilled {
			t.Fatalf("%s: %v, %+v", line, mistakes, c.Rules)
		}
		if w := c.Warnings().Error(); !strings.Contains(w, "%"+unfilled+"%") || !strings.Contains(w, hint) {
			t.Errorf("%s: warned %s", line, w)
		}
	}
	f(`field|expand: '%Srvers%'`, "Srvers", "did you mean %Servers%")
	f(`field|expand: '%Workstations%'`, "Workstations", "give it values")
	f(`field|expand: '%empty%'`, "empty", "give it values")
	f(`field|expand|cidr: '%Office%'`, "Office", "give it values")
}

func TestKeywordsSearch(t *testing.T) {
	finds(t, `
mimikatz_keywords:
    - 'event::clear'
    - 'event::drop'
condition: mimikatz_keywords
`, ` = "*event::clear*", "*event::drop*"`)
	finds(t, `
keywords_cmdlet:
    '|all':
        - 'OabVirtualDirectory'
        - ' -ExternalUrl '
condition: keywords_cmdlet
`, ` = "*OabVirtualDirectory*" & "* -ExternalUrl *"`)
	finds(t, "keywords: word\ncondition: keywords\n", ` = "*word*"`)
	finds(t, "keywords:\n    '': [a, b]\ncondition: keywords\n", ` = "*a*", "*b*"`)
	finds(t, "keywords:\n    '|re': 'a+b'\ncondition: keywords\n", ` ~ /a+b/`)
	finds(t, "keywords:\n    '|contains|cased': [a]\ncondition: keywords\n", ` = "*a*" cased`)
	finds(t, "keywords:\n    '|base64': cmd\ncondition: keywords\n", ` = "*Y21k*"`)
	refused(t, "keywords: [null]\ncondition: keywords\n", `is empty`)
	refused(t, "keywords: ['']\ncondition: keywords\n", `every record has the empty text`)
	refused(t, "keywords:\n    '|cidr': 192.0.2.0/24\ncondition: keywords\n", `a network needs a field (write the field before the |)`)
}

func TestCondition(t *testing.T) {
	f := func(condition, want string) {
		t.Helper()
		finds(t, `
selection1:
    a: 1
selection2:
    a: 2
keywords1:
    - k
filter_main_x:
    f: 1
_hidden:
    h: 1
condition: `+condition+"\n", want)
	}
	const s1, s2, k, x, h = `a = 1`, `a = 2`, ` = "*k*"`, `f = 1`, `h = 1`
	f(`keywords1 or selection2`, `(`+k+` or `+s2+`)`)
	f(`1 of them`, `(`+s1+` or `+s2+` or `+k+` or `+x+`)`)
	f(`any of them`, `(`+s1+` or `+s2+` or `+k+` or `+x+`)`)
	f(`all of them`, `(`+s1+` and `+s2+` and `+k+` and `+x+`)`)
	f(`all of selection*`, `(`+s1+` and `+s2+`)`)
	f(`1 of selection* and keywords1`, `((`+s1+` or `+s2+`) and `+k+`)`)
	f(`1 of selection* and not 1 of filter*`, `((`+s1+` or `+s2+`) and not `+x+`)`)
	f(`1 of *n2`, s2)
	f(`1 of s*t*n*1`, s1)
	f(`all of selection1`, s1)
	f(`1 of *`, `(`+s1+` or `+s2+` or `+k+` or `+x+`)`)
	f(`_hidden`, h)
	f(`1 of _*`, h)
	f(`keywords1 and not filter_main_x`, `(`+k+` and not `+x+`)`)
	f(`selection1 and (keywords1 or selection2)`, `(`+s1+` and (`+k+` or `+s2+`))`)
	f(`selection1 and(keywords1 or not(selection2))`, `(`+s1+` and (`+k+` or not `+s2+`))`)
	// "Operator Precedence (least to most binding): or, and, not, x of search-identifier, ( expression )"
	f(`selection1 or selection2 and not keywords1`, `(`+s1+` or (`+s2+` and not `+k+`))`)
	f(`not selection1 and selection2`, `(not `+s1+` and `+s2+`)`)
	f(`not 1 of selection* or keywords1`, `(not (`+s1+` or `+s2+`) or `+k+`)`)
	f(`not not selection1`, s1)
	f(`selection1 AND NOT selection2`, `(`+s1+` and not `+s2+`)`)
	// "The condition can be a list, … logically linked with OR."
	f("\n    - selection1\n    - selection2 and keywords1", `(`+s1+` or (`+s2+` and `+k+`))`)
}

func TestMetadata(t *testing.T) {
	c := parseAll(t, Options{}, Source{Name: "meta.yml", Data: []byte(`
title: A Title
id: 545a5da6-f103-4919-a519-e9aec1026ee4
name: a_name
related:
    - id: 6c82cf5c-090d-4d57-9188-533577631108
      type: similar
taxonomy: sigma
status: test
description: a very good description
license: MIT
references:
    - https://123.456
author: SomeOne
date: 2017-05-09
modified: 2023/04/14
tags:
    - attack.defense-evasion
    - attack.t1211
logsource:
    product: windows
    service: application
    definition: for people
    custom: other
detection:
    selection:
        Provider_Name: 'Application Error'
    condition: selection
fields: [a, b]
falsepositives:
    - a string
scope: [server]
level: high
custom_key: {a: [1]}
`)})
	m := c.Rules[0].Meta
	if m.ID != "545a5da6-f103-4919-a519-e9aec1026ee4" || m.Name != "a_name" || m.Title != "A Title" || m.Key() != m.ID {
		t.Errorf("%+v", m)
	}
	if m.Related[0] != (Related{"6c82cf5c-090d-4d57-9188-533577631108", "similar"}) || m.Taxonomy != "sigma" || m.Status != "test" {
		t.Errorf("%+v", m)
	}
	if m.Date != "2017-05-09" || m.Modified != "2023-04-14" || m.Level != High || m.Level.String() != "high" || m.License != "MIT" {
		t.Errorf("%+v", m)
	}
	if len(m.Tags) != 2 || len(m.Fields) != 2 || m.Scope[0] != "server" || m.FalsePositives[0] != "a string" || len(m.References) != 1 {
		t.Errorf("%+v", m)
	}
	if c.Rules[0].LogSource != (LogSource{Product: "windows", Service: "application", Definition: "for people"}) {
		t.Errorf("%+v", c.Rules[0].LogSource)
	}
	if m.Place != (Place{"meta.yml", 2, 1}) {
		t.Errorf("%+v", m.Place)
	}
}
