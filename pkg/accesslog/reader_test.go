package accesslog

import (
	"fmt"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
)

const sample = `198.51.100.23 - - [17/May/2015:10:05:03 +0000] "GET /presentations/images/search.png?size=full HTTP/1.1" 200 203023 "http://www.example.com/presentations/" "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/32.0.1700.77 Safari/537.36"`

const jsonSample = `{"time":"2024-05-01T10:00:00.123+00:00","peer":"10.0.0.1","client":"198.51.100.23","forwarded_for":"","method":"GET","host":"www.example.com","uri":"/presentations/images/search.png?size=full","protocol":"HTTP/1.1","status":200,"request_bytes":512,"response_bytes":203023,"duration":0.012,"upstream_duration":"0.011","user_agent":"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/32.0.1700.77 Safari/537.36","referer":"http://www.example.com/presentations/","request_id":"0f3b7c9a1e5d4c2b8a7f6e5d4c3b2a19","user":"","decision":""}`

func TestReaderPlacesRowsInTheFile(t *testing.T) {
	r, err := NewReader(Options{Format: "combined"})
	if err != nil {
		t.Fatal(err)
	}
	text := sample + "\n\n" + sample + "\r\n" + "garbage\n" + sample + "\nhalf a li"
	b := &event.Batch{Header: event.Header{Received: received}}
	next := r.ReadChunk([]byte(text), event.Position{Offset: 1000, Line: 50}, b)
	n := int64(len(sample) + 1)
	if want := (event.Position{Offset: 1000 + 3*n + 2 + 8, Line: 55}); next != want {
		t.Errorf("went on to %v, want %v", next, want)
	}
	var got []string
	for row := range b.Rows() {
		got = append(got, fmt.Sprint(b.Number(event.Offset, row)-1000, b.Number(event.Line, row), b.Number(event.Length, row)))
	}
	want := []string{fmt.Sprint(0, 50, n), fmt.Sprint(n+1, 52, n+1), fmt.Sprint(2*n+10, 54, n)}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("rows at %q, want %q", got, want)
	}
	if len(b.Rejected) != 1 || b.Rejected[0] != (event.Rejected{Offset: 1000 + 2*n + 2, Line: 53, Length: 8, Reason: "no time in brackets", Excerpt: "garbage"}) {
		t.Errorf("rejected %+v", b.Rejected)
	}
	if b.Format != "combined" || b.FormatVersion == 0 {
		t.Errorf("format %q version %d", b.Format, b.FormatVersion)
	}
	next = r.ReadLast([]byte("half a li"), next, b)
	if len(b.Rejected) != 2 || next.Offset != 1000+int64(len(text)) || next.Line != 56 {
		t.Errorf("after the last words: %v, %+v", next, b.Rejected)
	}
}

func TestReaderBoundsLines(t *testing.T) {
	o := Options{Format: "combined", MaxLine: 300}
	long := `192.0.2.1 - - [12/Dec/2019:16:53:29 +0000] "GET / HTTP/1.1" 200 0 "-" "a" ` + strings.Repeat("x", 500)
	if got, want := one(t, o, long), `method=GET path=/ protocol=HTTP/1.1 user_agent=a time=2019-12-12T16:53:29Z status=200 response_bytes=0 quality=[truncated] peer_address=192.0.2.1 client_address=192.0.2.1`; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if got, want := one(t, o, strings.Replace(sample, "size", strings.Repeat("s", 500), 1)), "rejected: longer than the limit"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	r, err := NewReader(o)
	if err != nil {
		t.Fatal(err)
	}
	var b event.Batch
	next := r.ReadCut([]byte(long[:400]), 1<<30, event.Position{Offset: 5, Line: 7}, &b)
	if next != (event.Position{Offset: 5 + 1<<30, Line: 8}) || b.Rows() != 1 || b.Number(event.Length, 0) != 1<<30 || b.Flags(0)&event.Truncated == 0 {
		t.Errorf("a cut record: next %v, %d rows, %v", next, b.Rows(), b.Flags(0).Names())
	}
}

func TestReaderStopsWhenTheBatchIsFull(t *testing.T) {
	r, err := NewReader(Options{MaxRows: 3})
	if err != nil {
		t.Fatal(err)
	}
	text := []byte(strings.Repeat("x\n", 2) + strings.Repeat(sample+"\n", 5))
	var b event.Batch
	next := r.ReadChunk(text, event.Position{Line: 1}, &b)
	if b.Rows() != 1 || len(b.Rejected) != 2 || next.Line != 4 || !r.Full(&b) {
		t.Errorf("%d rows, %d rejected, next %v", b.Rows(), len(b.Rejected), next)
	}
}

func TestReaderSkipsTheHoleOfATruncatedFile(t *testing.T) {
	b := parse(t, Options{Format: "combined"}, strings.Repeat("\x00", 5000)+sample+"\n\x00\x00\n"+sample+"\n")
	if b.Rows() != 2 || len(b.Rejected) != 0 {
		t.Errorf("%d rows, rejected %v", b.Rows(), b.Rejected)
	}
}

func TestAutoTakesTheFormatThatFitsBest(t *testing.T) {
	f := func(text, format string, rows int, reasons ...string) {
		t.Helper()
		b := parse(t, Options{Format: Auto}, text)
		var got []string
		for _, r := range b.Rejected {
			got = append(got, r.Reason)
		}
		if b.Format != format || b.Rows() != rows || strings.Join(got, "|") != strings.Join(reasons, "|") {
			t.Errorf("format %s, %d rows, rejected %q", b.Format, b.Rows(), got)
		}
	}
	f("", "auto", 0)
	f("# comment\n", "auto", 0, "no known format")
	f("# comment\n"+sample+"\n"+sample+"\n"+jsonSample+"\n", "combined", 2, "no time in brackets", "no time in brackets")
	f(jsonSample+"\n"+jsonSample+"\n"+sample+"\n", "json", 2, "not a JSON object")
}

func TestAutoFollowsALogThatChangesItsFormat(t *testing.T) {
	text := strings.Repeat(jsonSample+"\n", 200) + strings.Repeat(sample+"\n", 50)
	b := parse(t, Options{Format: Auto}, text)
	if b.Format != "combined" || b.Rows() != 200+50-patience+1 || len(b.Rejected) != patience-1 {
		t.Errorf("format %s, %d rows, %d rejected", b.Format, b.Rows(), len(b.Rejected))
	}
}

func TestUnknownFormatNamesTheKnownOnes(t *testing.T) {
	_, err := NewReader(Options{Format: "combinde"})
	if err == nil || !strings.Contains(err.Error(), `"combinde": want one of auto, clf, iis, `) {
		t.Errorf("got %v", err)
	}
	if _, err := NewReader(Options{Format: "clf"}); err != nil {
		t.Error(err)
	}
}

func TestALineAllocatesNothing(t *testing.T) {
	f := func(format, line string) {
		t.Helper()
		r, err := NewReader(Options{Format: format, Trusted: trust})
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
	f("combined", sample)
	f("combined", `2001:db8::1 - \x22u [12/Dec/2019:16:53:29 +0000] "GET /\xFF HTTP/1.1" 200 612 "-" "\xe4" "2001:db8::5, 10.0.0.1" 0.004 0.003`)
	f("json", jsonSample)
	f("json", `{"time":1714557600.5,"method":"GET","uri":"http://h/\u00e4\xFF","peer":"10.0.0.1","forwarded_for":"2001:db8::5, 10.0.0.2","unknown":{"a":[1,2,"]"]},"decision":"deny 0123456789abcdef"}`)
}
