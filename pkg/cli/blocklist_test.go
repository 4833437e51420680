package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// items tells what a list has, an item a line.
func items(t *testing.T, format, text string) string {
	t.Helper()
	list, err := readBlocklist(format, []byte(text), time.Unix(1000, 0))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	var lines []string
	for _, item := range list {
		spec, err := json.Marshal(item.BlockSpec)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, item.Target.String()+" "+string(spec))
	}
	return strings.Join(lines, "\n")
}

func TestListsAreRead(t *testing.T) {
	f := func(format, text string, want ...string) {
		t.Helper()
		if got := items(t, format, text); got != strings.Join(want, "\n") {
			t.Errorf("%s list:\n%s\nread as\n%s", format, text, got)
		}
	}
	f(listText, "\ufeff# a list\n192.0.2.7\n\n198.51.100.0/24 ; SBL7\r\ncountry:QV # far away\nroute:/a#b\n",
		"192.0.2.7 {}", "198.51.100.0/24 {}", "country:QV {}", "route:/a#b {}")
	f(listText, "", "")
	f(listCSV, "target, lifetime, action, rate, reason, mode, percent\n192.0.2.7, 4h, throttle, 2.5, \"a, b\",,\napi:shop,7d,,,,canary,10%\n# no\n192.0.2.8,90,,,,,\n",
		`192.0.2.7 {"action":"throttle","terms":{"rate":2.5},"lifetime_seconds":14400,"reason":"a, b"}`,
		`api:shop {"mode":"canary","percent":10,"lifetime_seconds":604800}`, `192.0.2.8 {"lifetime_seconds":90}`)
	f(listCSV, "Target,segment,status,body,header,value,burst,each\n192.0.2.7,eu,429,slow,X-Flag,bot,3,true\n",
		`192.0.2.7 {"segment":"eu","terms":{"status":429,"body":"slow","header":"X-Flag","value":"bot","burst":3,"each":true}}`)
	f(listJSON, `[{"target":"192.0.2.7"},{"target":{"scope":"api","value":"shop"},"mode":"shadow"}]`, "192.0.2.7 {}", `api:shop {"mode":"shadow"}`)
	f(listJSON, `{"items":[{"target":"192.0.2.7","lifetime_seconds":60}]}`, `192.0.2.7 {"lifetime_seconds":60}`)
	f(listJSON, `[{"target":"192.0.2.7","lifetime_seconds":60,"expires_at":"1970-01-01T00:16:50Z","id":"1","by":"token:a","revision":3},
		{"target":"192.0.2.8","expires_at":"1970-01-01T00:00:50Z"}]`, `192.0.2.7 {"lifetime_seconds":10}`)
}

func TestListsWithMistakes(t *testing.T) {
	f := func(format, text string, wants ...string) {
		t.Helper()
		list, err := readBlocklist(format, []byte(text), time.Time{})
		if err == nil {
			t.Fatalf("%s was read as %v", text, list)
		}
		for _, want := range wants {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q in it", text, err, want)
			}
		}
	}
	f("xml", "", "want text, csv, json")
	f(listText, "192.0.2.7\nnobody\n192.0.2.0/99\n", "line 2", "line 3")
	f(listText, strings.Repeat("x\n", 30), "line 10", "and 20 more")
	f(listCSV, "", "first line")
	f(listCSV, "192.0.2.7,4h\n", `"192.0.2.7" of the table is unknown`, "action, body, burst")
	f(listCSV, "reason\nx\n", "no column target")
	f(listCSV, "target,lifetime\n192.0.2.7,soon\n,4h\nx,\n", "line 2: lifetime", "line 3: target: there is none", "line 4")
	f(listCSV, "target,lifetime\n192.0.2.7\n", "wrong number of fields")
	f(listJSON, `[{"target":"192.0.2.7","actoin":"drop"}]`, "actoin")
	f(listJSON, `[{"lifetime_seconds":3}]`, "item 0 has no target")
	f(listJSON, `7`, "want a list")
}

func TestFormatIsGuessed(t *testing.T) {
	f := func(name, text, want string) {
		t.Helper()
		if got := formatOf(name, []byte(text)); got != want {
			t.Errorf("%s %q: %s, want %s", name, text, got, want)
		}
	}
	f("a.csv", "", listCSV)
	f("a.JSON", "", listJSON)
	f("a.txt", "192.0.2.7", listText)
	f("-", " [", listJSON)
	f("drop.list", "{", listJSON)
	f("-", "", listText)
}

func TestTargetsOfACommandLine(t *testing.T) {
	f := func(args, matches []string, want string) {
		t.Helper()
		got, err := targetFlags{&matches}.criteria(args)
		if text := fmt.Sprint(got); err == nil && text != want || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%v %v: %s, %v, want %s", args, matches, text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "alice") {
			t.Errorf("a secret is told: %v", err)
		}
	}
	f([]string{"192.0.2.7"}, nil, "192.0.2.7")
	f(nil, []string{"address=192.0.2.7", "route=POST /login?"}, "192.0.2.7 & route:POST /login?")
	f([]string{"192.0.2.0/24"}, []string{"user_agent=a=b&c"}, `192.0.2.0/24 & user_agent:"a=b&c"`)
	f(nil, []string{"user=alice"}, "user:(hidden)")
	f(nil, []string{"usr=alice"}, "want SCOPE=VALUE with one of the scopes address")
	f(nil, []string{"user"}, "want SCOPE=VALUE")
	f([]string{"user:alice & x"}, nil, "scopes: address")
	f(nil, nil, "want a target")
}
