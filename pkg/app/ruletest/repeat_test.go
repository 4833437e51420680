package ruletest

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/honeymoat/honeymoat/pkg/event"
)

func TestTemplate(t *testing.T) {
	at := time.Date(2025, 10, 10, 13, 0, 0, 0, time.UTC)
	f := func(line string, i int, want string) {
		t.Helper()
		parsed, err := parseTemplate(line, clfTime)
		if err != nil {
			t.Fatal(err)
		}
		if got := parsed.write(i, at); got != want {
			t.Errorf("%q at %d is %q, want %q", line, i, got, want)
		}
	}
	f("plain", 1, "plain")
	f("{i}", 7, "7")
	f("a{i%3}b{i%3+1}c{i+10}", 7, "a1b2c17")
	f("[{time}]", 0, "[10/Oct/2025:13:00:00 +0000]")
	f(`{"i":{i},"id":"{id}","x":{}}`, 7, `{"i":7,"id":"{id}","x":{}}`)
	f("{{i}}", 7, "{7}")
	for _, bad := range []string{"{ i }", "{i%0}", "{i-1}", "{i%}", "{time +1}", "{i%3+}", "{i%99999999999}"} {
		if _, err := parseTemplate(bad, clfTime); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestRepeatsMergeByTime(t *testing.T) {
	f := parse(t, `
tests:
  - sequences:
      - want: match
        repeat:
          - {line: 'a{i}', times: 3, every: 2m}
          - {line: 'b{i}', times: 2, every: 1m, start: '2025-10-10T13:01:00Z'}
`)
	lines, err := f.Tests[0].Sequences[0].expand(f.Time)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range lines {
		got = append(got, l.Text)
	}
	if diff := cmp.Diff("a0 b0 a1 b1 a2", strings.Join(got, " ")); diff != "" {
		t.Error(diff)
	}
}

// TestTimesAreReadBack writes a line for each way to write a time and has the
// format read it.
func TestTimesAreReadBack(t *testing.T) {
	f := func(format, pattern, line string) {
		t.Helper()
		file := &File{Format: Text{Text: format}, Pattern: pattern}
		file.setDefaults()
		log := newLog(file)
		r := Repeat{Line: Text{Text: line}, Times: 1}
		lines, err := r.expand(file.Time)
		if err != nil {
			t.Fatal(err)
		}
		b, bad, _, err := log.read([]Text{lines[0].Text}, event.Position{Line: 1})
		if err != nil || len(bad) > 0 {
			t.Fatalf("%s: %v %v", lines[0].Text.Text, bad, err)
		}
		if got := time.Unix(0, b.Number(event.Time, 0)).UTC().Format(time.RFC3339Nano); got != DefaultStart {
			t.Errorf("%s: %s", lines[0].Text.Text, got)
		}
	}
	f("combined", "", `192.0.2.1 - - [{time}] "GET /{i} HTTP/1.1" 200 1`)
	f("nginx", `$remote_addr [$time_local] "$request" $status`, `192.0.2.1 [{time}] "GET / HTTP/1.1" 200`)
	f("json", "", `{"time":"{time}","client":"192.0.2.1","method":"GET","uri":"/","status":200}`)
	f("haproxy", "", `192.0.2.1:5 [{time}] f b/s 0/0/0/1/1 200 1 - - ---- 1/1/1/1/0 0/0 "GET / HTTP/1.1"`)
	f("w3c", "#Fields: date time c-ip cs-method cs-uri-stem sc-status", `{time} 192.0.2.1 GET / 200`)
	f("caddy", "", `{"ts":{time},"request":{"remote_ip":"192.0.2.1","method":"GET","uri":"/"},"status":200}`)
	f("kong", "", `{"started_at":{time},"client_ip":"192.0.2.1","latencies":{"request":1},"request":{"method":"GET","uri":"/"},"response":{"status":200}}`)
	f("krakend", "", `[GIN] {time} | 200 | 1ms | 192.0.2.1 | GET "/"`)
	f("envoy", "", `[{time}] "GET /a HTTP/2" 204 - 154 0 226 100 "192.0.2.66" "probe/1" "cc21d9b0" "shop" "tcp://198.51.100.7:80"`)
}
