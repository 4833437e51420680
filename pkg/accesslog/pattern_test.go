package accesslog

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
)

func TestAUserNameHidesNoLine(t *testing.T) {
	f := patternTest(t, "nginx")
	line := func(user string) string {
		return `192.0.2.1 - ` + user + ` [12/Dec/2019:16:53:29 +0000] "GET /real HTTP/1.1" 200 612 "-" "curl/8"`
	}
	for _, user := range []string{
		"John Doe", "a [b", "[", "x [01/Jan/2000:00:00:00 +0000] ", `x [01/Jan/2000:00:00:00 +0000] \x22GET /fake HTTP/1.1\x22 200 1`,
		strings.Repeat(" [", 2000), strings.Repeat("[01/Jan/2000:00:00:00 +0000] ", 300), strings.Repeat(" - ", 500),
	} {
		want := `method=GET path=/real protocol=HTTP/1.1 user_agent=curl/8 principal_kind=user principal=`
		got := one(t, Options{Format: "nginx", Pattern: nginxCombined}, line(user))
		if !strings.HasPrefix(got, want) || !strings.HasSuffix(got, ` time=2019-12-12T16:53:29Z status=200 response_bytes=612 peer_address=192.0.2.1 client_address=192.0.2.1`) {
			t.Errorf("user %.60q: %.400s", user, got)
		}
	}
	// An agent between bars
	const format = `$remote_addr|$http_user_agent|$status|$request_time|$request|$time_iso8601`
	const tail = `|404|0.500|GET /real HTTP/1.1|2024-05-01T10:00:00Z`
	const row = `method=GET path=/real protocol=HTTP/1.1 user_agent=`
	const rest = ` time=2024-05-01T10:00:00Z status=404 duration=500000000 quality=[no_bytes] peer_address=192.0.2.1 client_address=192.0.2.1`
	for _, agent := range []string{"a|b", "x|200|0.001", strings.Repeat("|200", 3000)} {
		f(format, `192.0.2.1|`+agent+tail, row+agent+rest)
	}
}

func TestAForgedFieldIsNoAddress(t *testing.T) {
	f := func(pattern, line, client string, flagged bool) {
		t.Helper()
		b := parse(t, Options{Format: "nginx", Pattern: pattern, Trusted: trust, ForwardedAppended: true}, line+"\n")
		if b.Rows() != 1 {
			t.Fatalf("%s: %d rows, %v", line, b.Rows(), b.Rejected)
		}
		got := fmt.Sprint(b.Addr(event.ClientAddress, 0))
		if got != client || (b.Flags(0)&event.BadForwarded != 0) != flagged {
			t.Errorf("%s: client %s, want %s; flags %v", line, got, client, b.Flags(0).Names())
		}
	}
	const none = "invalid IP"
	const bars = `$request|$http_user_agent|$remote_addr|$http_referer|$status`
	f(bars, `GET / HTTP/1.1|curl|192.0.2.1|-|200`, "192.0.2.1", false)
	f(bars, `GET / HTTP/1.1|x|6.6.6.6|y|192.0.2.1|-|200`, none, true)
	f(bars, `GET / HTTP/1.1|x|y|192.0.2.1|-|200`, none, true)
	const unescaped = `log_format x escape=none '"$request" $status "$http_x_forwarded_for" "$http_user_agent"';`
	f(unescaped, `"GET / HTTP/1.1" 200 "192.0.2.1" "curl"`, "192.0.2.1", false)
	f(unescaped, `"GET / HTTP/1.1" 200 "192.0.2.1" "cu"rl"`, "192.0.2.1", false)
	f(unescaped, `"GET / HTTP/1.1" 200 "6.6.6.6" "x, 192.0.2.1" "curl"`, none, true)
	const escaped = `"$request" $status "$http_user_agent" "$http_x_forwarded_for"`
	f(escaped, `"GET / HTTP/1.1" 200 "a\x22 \x226.6.6.6" "6.6.6.6, 192.0.2.1"`, "192.0.2.1", false)
	f(escaped, `"GET / HTTP/1.1" 200 "a\" \"6.6.6.6" "192.0.2.1"`, "192.0.2.1", false)
}

func TestTheBestOfSeveralValues(t *testing.T) {
	f := patternTest(t, "apache")
	f(`%t %t "%r" %>s %s %b %O %T %D %{ms}T`, `[01/May/2024:10:00:00 +0000] [01/May/2025:10:00:00 +0000] "GET / HTTP/1.1" 200 301 100 350 1 1234567 1234`,
		`method=GET path=/ protocol=HTTP/1.1 time=2024-05-01T10:00:00Z status=200 response_bytes=350 duration=1234567000 quality=[no_user_agent bytes_on_wire]`)
	f(`"%r" %D %T %O %b`, `"GET / HTTP/1.1" 1234567 1 350 100`,
		`method=GET path=/ protocol=HTTP/1.1 time=2030-01-01T00:00:00Z response_bytes=350 duration=1234567000 quality=[no_user_agent status_unknown bytes_on_wire time_assumed]`)
}

// TestCompiledCombinedReadsWhatCombinedReads compares the two compilers with
// the parser of the format, on a log as either server would write it.
func TestCompiledCombinedReadsWhatCombinedReads(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 9))
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	readers := []Options{
		{Format: "combined"}, {Format: "nginx", Pattern: nginxCombined}, {Format: "apache", Pattern: apacheCombined},
	}
	for range 3000 {
		line := fmt.Sprintf(`%s - %s [%02d/May/2024:10:%02d:07 %s] "%s" %d %s "%s" "%s"`,
			pick("192.0.2.1", "10.0.0.1", "2001:db8::1", "::ffff:192.0.2.9", "host.example"),
			pick("-", "bob", "John Doe", "a [b] c", `q\"uote`, `\x22`),
			1+r.IntN(28), r.IntN(60), pick("+0000", "-0730", "+0100"),
			pick("GET /a?b=c HTTP/1.1", "-", "", `\x16\x03\x01`, "POST /x y HTTP/2.0", `GET /\"q\" HTTP/1.0`, "GET http://h.example:81/p HTTP/1.1", "PRI * HTTP/2.0"),
			pick2(r, 100, 599), pick("0", "12", "987654321", "-"), pick("-", "http://r.example/?q=1", `\"`), pick("-", "curl/8", `a \"b\" c`, "Mozilla/5.0 (X; Y) [en]", `] \"`))
		want := one(t, readers[0], line)
		for _, o := range readers[1:] {
			if got := one(t, o, line); got != want {
				t.Fatalf("%s\n%s got %s\n combined %s", line, o.Format, got, want)
			}
		}
	}
}

func pick2(r *rand.Rand, from, to int) int { return from + r.IntN(to-from+1) }

func FuzzPatterns(f *testing.F) {
	for _, pattern := range []string{nginxCombined, apacheCombined, envoyDefault, istioDefault, haproxyDefault, `%{%d/%b/%Y %T}t.%{msec_frac}t %U%q`, "#Fields: date time c-ip cs-method"} {
		f.Add(pattern, []byte(sample))
	}
	f.Fuzz(func(t *testing.T, pattern string, line []byte) {
		for _, format := range []string{"nginx", "apache", "envoy", "haproxy", "w3c"} {
			r, err := NewReader(Options{Format: format, Pattern: pattern, Trusted: trust, ForwardedAppended: true})
			if err != nil {
				continue
			}
			b := &event.Batch{Header: event.Header{Received: received}}
			r.ReadLast(line, event.Position{Line: 1}, b)
			if b.Rows()+len(b.Rejected)+b.Skipped > 1 {
				t.Fatalf("%s: %d rows, %d rejected, %d skipped of one line", format, b.Rows(), len(b.Rejected), b.Skipped)
			}
		}
	})
}

func TestPatternsAllocateNothing(t *testing.T) {
	f := func(format, pattern, line string) {
		t.Helper()
		r, err := NewReader(Options{Format: format, Pattern: pattern, Trusted: trust, ForwardedAppended: true})
		if err != nil {
			t.Fatal(err)
		}
		chunk := []byte(strings.Repeat(line+"\n", 100))
		var b event.Batch
		if n := testing.AllocsPerRun(20, func() {
			b.Reset()
			r.ReadChunk(chunk, event.Position{}, &b)
		}); n != 0 || b.Rows() != 100 {
			t.Errorf("%s: %v allocations for %d rows of %.60s", format, n, b.Rows(), line)
		}
	}
	f("nginx", nginxCombined, sample)
	f("nginx", nginxCombined, `192.0.2.1 - a [b \x22 [12/Dec/2019:16:53:29 +0000] "-" 400 0 "-" "\xFF"`)
	f("apache", apacheCombined, sample)
	f("haproxy", haproxyDefault, haproxySample)
	f("envoy", "", `[2016-04-15T20:17:00.310Z] "GET / HTTP/1.1" 200 - 0 5 1 1 "6.6.6.6" "x, 198.51.100.2" "curl" "id" "real.example" "10.0.0.1:80"`)
}

// TestEffortStaysLinear reads lines that have as many places to cut as bytes,
// with a pattern of fields that all could end there: a search that tries all
// ways would not come back.
func TestEffortStaysLinear(t *testing.T) {
	for _, format := range []string{
		`$remote_addr|$http_user_agent|$http_referer|$uri|$request_time|$status`,
		`$remote_addr|$host|$request_id|$ssl_protocol|$request|$time_iso8601`,
		`$request $http_user_agent $request_time $upstream_response_time $bytes_sent $body_bytes_sent [$time_local] $status`,
		`log_format x escape=none '"$request" "$http_user_agent" "$http_x_forwarded_for" "$http_referer" $status';`,
	} {
		for _, part := range []string{"|", "a|", "1|", "0 ", " ", `" "`, "[", "-", "GET / HTTP/1.1|"} {
			for _, head := range []string{"", "192.0.2.1|", "GET / HTTP/1.1 ", `"`} {
				one(t, Options{Format: "nginx", Pattern: format}, head+strings.Repeat(part, 20000/len(part))+"x")
			}
		}
	}
}
