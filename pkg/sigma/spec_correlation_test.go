package sigma

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// The tests in this file follow the Sigma specification, version 2.1.0,
// "Sigma Correlation Rules Specification".

// base is a rule with a name and an id, for correlations to refer to.
func base(name string) string {
	return fmt.Sprintf(`title: Rule %s
name: %[1]s
logsource:
    category: webserver
detection:
    selection:
        name: %[1]s
    condition: selection
---
`, name)
}

func correlated(t *testing.T, text string) *Correlation {
	t.Helper()
	c := parseAll(t, Options{}, Source{Name: "c.yml", Data: []byte(base("rule_a") + base("rule_b") + base("rule_c") + text)})
	return c.Correlations[len(c.Correlations)-1]
}

func TestCorrelationTypes(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		c := correlated(t, text)
		got := fmt.Sprint(c.Type, len(c.Members), c.GroupBy, c.Timespan, c.Fields, c.Bounds, c.Percentile, c.Generate)
		if got != want {
			t.Errorf("%s\nis   %s\nwant %s", text, got, want)
		}
	}
	f(`
title: Many failed logins
id: 0e95725d-7320-415d-80f7-004da920fc11
correlation:
    type: event_count
    rules:
        - rule_a
    group-by:
        - ComputerName
    timespan: 1h
    condition:
        gte: 100
`, `event_count1 [ComputerName] 1h0m0s [] [{gte 100}] 0 false`)
	f(`
title: Failed login
correlation:
    type: value_count
    rules: [rule_a]
    group-by:
        - ComputerName
        - WorkstationName
    timespan: 1d
    condition:
        field: User
        gte: 100
`, `value_count1 [ComputerName WorkstationName] 24h0m0s [User] [{gte 100}] 0 false`)
	f(`
title: Several fields
correlation:
    type: value_count
    rules: rule_a
    group-by: User
    timespan: 90m
    condition:
        field: [a, b]
        gt: 100
        lte: 200
generate: true
`, `value_count1 [User] 1h30m0s [a b] [{gt 100} {lte 200}] 0 true`)
	f(`
title: Recon
correlation:
    type: temporal
    rules:
        - rule_a
        - rule_b
        - rule_c
    group-by:
        - ComputerName
        - User
    timespan: 5m
`, `temporal3 [ComputerName User] 5m0s [] [{gte 3}] 0 false`)
	f(`
title: Recon
correlation:
    type: temporal
    rules: [rule_a, rule_b, rule_c]
    timespan: 5m
    condition:
        eq: 2
    generate: yes
`, `temporal3 [] 5m0s [] [{eq 2}] 0 true`)
	f(`
title: Ordered
correlation:
    type: temporal_ordered
    rules:
        - rule_b
        - rule_a
    group-by:
        - User
    timespan: 30s
`, `temporal_ordered2 [User] 30s [] [{gte 2}] 0 false`)
	f(`
title: Possible Exfiltration to Website
correlation:
    type: value_sum
    rules:
        - rule_a
    group-by:
        - SourceIP
        - User
    timespan: 1h
    condition:
        field: bytes_sent
        gt: 1000000
`, `value_sum1 [SourceIP User] 1h0m0s [bytes_sent] [{gt 1e+06}] 0 false`)
	f(`
title: Suspicious average network traffic
correlation:
    type: value_avg
    rules:
        - rule_a
    group-by:
        - SourceIP
        - User
    timespan: 24h
    condition:
        field: BytesOut
        gt: 500.5
`, `value_avg1 [SourceIP User] 24h0m0s [BytesOut] [{gt 500.5}] 0 false`)
	f(`
title: Rare process
correlation:
    type: value_percentile
    rules:
        - rule_a
    group-by:
        - ComputerName
    timespan: 24h
    condition:
        field: image
        lte: 1
`, `value_percentile1 [ComputerName] 24h0m0s [image] [{lte 1}] 0 false`)
	f(`
title: Median
correlation:
    type: value_percentile
    rules: [rule_a]
    group-by: [host]
    timespan: 1w
    condition:
        field: bytes
        percentile: 50
        neq: 7
`, `value_percentile1 [host] 168h0m0s [bytes] [{neq 7}] 50 false`)
}

func TestTimespan(t *testing.T) {
	f := func(s string, want time.Duration, ok bool) {
		t.Helper()
		if got, fine := timespan(s); got != want || fine != ok {
			t.Errorf("%s is %v, %v", s, got, fine)
		}
	}
	f("10s", 10*time.Second, true)
	f("90m", 90*time.Minute, true)
	f("1M", 2_629_746*time.Second, true)
	f("1y", 31_556_952*time.Second, true)
	for _, bad := range []string{"", "1", "m", "1.5h", "-1h", "1H", "4294967295y", "1h30m", "1 h"} {
		f(bad, 0, false)
	}
}

func TestFieldNameAliases(t *testing.T) {
	c := correlated(t, `
title: Both
correlation:
    type: temporal
    rules:
        - rule_a
        - rule_b
    group-by:
        - internal_ip
        - remote_ip
    timespan: 10s
    aliases:
        internal_ip:
            rule_a: destination.ip
            rule_b: source.ip
        remote_ip:
            rule_a: source.ip
            rule_b: destination.ip
`)
	if c.Members[0].Aliases["internal_ip"] != "destination.ip" || c.Members[1].Aliases["internal_ip"] != "source.ip" {
		t.Errorf("%+v", c.Members)
	}
	if c.Members[0].Aliases["remote_ip"] != "source.ip" || c.Members[1].Aliases["remote_ip"] != "destination.ip" {
		t.Errorf("%+v", c.Members)
	}
}

// failedLogins is the specification's example "Failed Logins Followed by
// Successful Login".
const failedLogins = `
title: Correlation - Multiple Failed Logins Followed by Successful Login
id: b180ead8-d58f-40b2-ae54-c8940995b9b6
status: experimental
description: Detects multiple failed logins by a single user followed by a successful login of that user
references:
    - https://reference.com
author: Somebody
date: 2023-06-16
correlation:
    type: temporal_ordered
    rules:
        - multiple_failed_login
        - successful_login
    group-by:
        - User
    timespan: 10m
falsepositives:
    - Unlikely
level: high
---
title: Multiple failed logons
id: a8418a5a-5fc4-46b5-b23b-6c73beb19d41
description: Detects multiple failed logins within a certain amount of time
name: multiple_failed_login
correlation:
    type: event_count
    rules:
        - failed_login
    group-by:
        - User
    timespan: 10m
    condition:
        gte: 10
---
title: Single failed login
id: 53ba33fd-3a50-4468-a5ef-c583635cfa92
name: failed_login
logsource:
    product: windows
    service: security
detection:
    selection:
        EventID:
            - 529
            - 4625
    condition: selection
---
title: Successful login
id: 4d0a2c83-c62c-4ed4-b475-c7e23a9269b8
description: Detects a successful login
name: successful_login
logsource:
    product: windows
    service: security
detection:
    selection:
        EventID:
            - 528
            - 4624
    condition: selection
`

func TestFailedLoginsFollowedBySuccessfulLogin(t *testing.T) {
	c := parseAll(t, Options{}, Source{Name: "logins.yml", Data: []byte(failedLogins)})
	if len(c.Rules) != 2 || len(c.Correlations) != 2 || len(c.Warnings()) > 0 {
		t.Fatalf("%d rules, %d correlations, %v", len(c.Rules), len(c.Correlations), c.Warnings())
	}
	outer, inner := c.Correlations[0], c.Correlations[1]
	if outer.Members[0].Correlation != inner || outer.Members[1].Rule != c.Rules[1] || inner.Members[0].Rule != c.Rules[0] {
		t.Error("references lead elsewhere")
	}
	if outer.Silent || !inner.Silent || !c.Rules[0].Silent || !c.Rules[1].Silent {
		t.Error("what is told is not what it should be")
	}
}

func TestGenerateLetsMembersSpeak(t *testing.T) {
	c := correlated(t, "title: x\ncorrelation: {type: event_count, rules: [rule_a], timespan: 1h, condition: {gte: 2}, generate: true}\n")
	if c.Members[0].Rule.Silent || !c.Generate {
		t.Error("a member is silent")
	}
	c = correlated(t, "title: x\ncorrelation: {type: event_count, rules: [rule_a], timespan: 1h, condition: {gte: 2}}\n")
	if !c.Members[0].Rule.Silent || c.Generate {
		t.Error("a member is not silent")
	}
}

func TestRulesAreReferredToByIDWhateverItsCase(t *testing.T) {
	text := strings.Replace(failedLogins, "- failed_login", "- 53BA33FD-3A50-4468-A5EF-C583635CFA92", 1)
	c := parseAll(t, Options{}, Source{Name: "logins.yml", Data: []byte(text)})
	if c.Correlations[1].Members[0].Rule.Name != "failed_login" {
		t.Error("the id leads elsewhere")
	}
}
