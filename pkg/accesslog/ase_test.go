package accesslog

import (
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// record is what a reader makes of the last words of a file, which is how a
// record of several lines ends.
func record(t *testing.T, o Options, text string) string {
	t.Helper()
	r, err := NewReader(o)
	if err != nil {
		t.Fatal(err)
	}
	return readAll(r, text)
}

// readAll writes the rows and the reasons that a reader gives for a whole file.
func readAll(r *Reader, text string) string {
	b := &event.Batch{Header: event.Header{Received: received}}
	at := r.ReadChunk([]byte(text), event.Position{Line: 1}, b)
	if at.Offset < int64(len(text)) {
		r.ReadLast([]byte(text[at.Offset:]), at, b)
	}
	var s []string
	for row := range b.Rows() {
		s = append(s, render(b, row))
	}
	for _, rejected := range b.Rejected {
		s = append(s, "rejected: "+rejected.Reason)
	}
	return strings.Join(s, " | ")
}

const aseHead = `[Tue Aug 14 22:51:49:707 2018] [thread:209] [info] [connectionid:1804289383] [connectinfo:100.100.1.1:36663] `

func aseGolden(t *testing.T, o Options) func(in, want string) {
	o.Trusted = trust
	return func(in, want string) {
		t.Helper()
		if got := record(t, o, in); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
}

func TestASE(t *testing.T) {
	f := aseGolden(t, Options{Format: "ase-access"})
	// published, as an access and as a decoy log
	published := aseHead + "[type:connection_drop] [api:decoy] [request_payload_length:0] GET /decoy/test/test HTTP/1.1\nUser-Agent: curl/7.35.0\nAccept: */*\nHost: app\n"
	f(published, `method=GET host=app path=/decoy/test/test protocol=HTTP/1.1 user_agent=curl/7.35.0 api=decoy time=2018-08-14T22:51:49.707Z request_bytes=0 quality=[no_bytes status_unknown time_assumed] peer_address=100.100.1.1 client_address=100.100.1.1`)
	aseGolden(t, Options{Format: "ase-decoy"})(published, `method=GET host=app path=/decoy/test/test protocol=HTTP/1.1 user_agent=curl/7.35.0 api=decoy time=2018-08-14T22:51:49.707Z request_bytes=0 quality=[no_bytes status_unknown time_assumed] peer_address=100.100.1.1 client_address=100.100.1.1`)
	// headers of several kinds, and a trusted proxy
	f(`[Fri Oct  5 01:02:03:004 2018] [thread:1] [info] [connectinfo:10.0.0.2:1] [type:request] [api_id:shop] [request_payload_length:12] POST /cart?x=%27 HTTP/1.1`+"\r\n"+
		"x-forwarded-for: 203.0.113.1, 192.0.2.1\r\nAuthorization: Bearer abc\r\nCookie: a=b; JSESSIONID=s1\r\nContent-Type: application/json\r\nReferer:http://r/\r\nnot a header\r\n: empty\r\n\r\n",
		`method=POST path=/cart query=x=%27 protocol=HTTP/1.1 referer=http://r/ forwarded_for=203.0.113.1, 192.0.2.1 principal_kind=token principal=abc session=s1 api=shop content_type=application/json time=2018-10-05T01:02:03.004Z request_bytes=12 quality=[no_bytes status_unknown time_assumed] peer_address=10.0.0.2 client_address=192.0.2.1`)
	// no header at all, and no space after the day
	f(`[Tue Aug 1422:51:49:707 2018] [thread:209] [info] [connectinfo:100.100.1.1:36663] [type:request] [api:a] GET / HTTP/1.1`, `method=GET path=/ protocol=HTTP/1.1 api=a time=2018-08-14T22:51:49.707Z quality=[no_bytes status_unknown time_assumed] peer_address=100.100.1.1 client_address=100.100.1.1`)
	// of two headers the one that proxies write, wherever it stands
	const xff, forwarded, row = "\nX-Forwarded-For: 192.0.2.1", "\nForwarded: for=198.51.100.66", `method=GET path=/ protocol=HTTP/1.1 forwarded_for=192.0.2.1 time=2018-08-14T22:51:49.707Z quality=[no_bytes status_unknown time_assumed] peer_address=10.0.0.1 client_address=192.0.2.1`
	f(`[Tue Aug 14 22:51:49:707 2018] [connectinfo:10.0.0.1:3] GET / HTTP/1.1`+xff+forwarded, row)
	f(`[Tue Aug 14 22:51:49:707 2018] [connectinfo:10.0.0.1:3] GET / HTTP/1.1`+forwarded+xff, row)
	aseGolden(t, Options{Format: "ase-access", ClientHeader: "True-Client-IP"})(
		`[Tue Aug 14 22:51:49:707 2018] [connectinfo:10.0.0.1:3] GET / HTTP/1.1`+"\nTrue-Client-IP: 192.0.2.7\nX-Forwarded-For: 198.51.100.66", `method=GET path=/ protocol=HTTP/1.1 forwarded_for=198.51.100.66 time=2018-08-14T22:51:49.707Z quality=[no_bytes status_unknown time_assumed] peer_address=10.0.0.1 client_address=192.0.2.7`)
}

func TestASEInAZone(t *testing.T) {
	f := aseGolden(t, Options{Format: "ase-access", Zone: time.FixedZone("", 5*3600+1800)})
	f(`[Tue Aug 14 22:51:49:707 2018] [connectinfo:192.0.2.1:3] GET / HTTP/1.1`,
		`method=GET path=/ protocol=HTTP/1.1 time=2018-08-14T17:21:49.707Z quality=[no_bytes status_unknown] peer_address=192.0.2.1 client_address=192.0.2.1`)
}

func TestASERecordsWithoutARequest(t *testing.T) {
	f := aseGolden(t, Options{Format: "ase-access"})
	f(aseHead+"[type:connection_drop]\n", "")
	f(aseHead+"[type:response] [api:a] HTTP/1.1 200 OK\nContent-Length: 5\n", "")
	f("\n\n", "")
}

func TestASESplitsAtTheNextRecord(t *testing.T) {
	f := aseGolden(t, Options{Format: "ase-access"})
	one := aseHead + "GET /1 HTTP/1.1\nUser-Agent: a\n"
	two := aseHead + "GET /2 HTTP/1.1\nUser-Agent: b\nX: [Tue Aug 14\n[Tue of no record\n"
	f(one+"\n"+two+one, `method=GET path=/1 protocol=HTTP/1.1 user_agent=a time=2018-08-14T22:51:49.707Z quality=[no_bytes status_unknown time_assumed] peer_address=100.100.1.1 client_address=100.100.1.1 | method=GET path=/2 protocol=HTTP/1.1 user_agent=b time=2018-08-14T22:51:49.707Z quality=[no_bytes status_unknown time_assumed] peer_address=100.100.1.1 client_address=100.100.1.1 | method=GET path=/1 protocol=HTTP/1.1 user_agent=a time=2018-08-14T22:51:49.707Z quality=[no_bytes status_unknown time_assumed] peer_address=100.100.1.1 client_address=100.100.1.1`)
	// headers whose record was cut off
	f("User-Agent: lost\nHost: h\n"+one, `method=GET path=/1 protocol=HTTP/1.1 user_agent=a time=2018-08-14T22:51:49.707Z quality=[no_bytes status_unknown time_assumed] peer_address=100.100.1.1 client_address=100.100.1.1 | rejected: no record begins with it`)
}

func TestASEIsBounded(t *testing.T) {
	head := aseHead + "GET /1 HTTP/1.1\nUser-Agent: a\n"
	long := head + strings.Repeat("X-Filler: "+strings.Repeat("x", 90)+"\n", 2000)
	b := parse(t, Options{Format: "ase-access"}, long+head+head)
	if b.Rows() != 2 || len(b.Rejected) == 0 || b.Rejected[0].Reason != string(NoRecordStart) {
		t.Errorf("%d rows, rejected %+v", b.Rows(), b.Rejected)
	}
	if n := b.Number(event.Length, 0); n > maxASERecord || n < maxASERecord-101 {
		t.Errorf("the first record has %d bytes", n)
	}
	if n := aseRecord([]byte(strings.Repeat("x", maxASERecord+5))); n != 0 {
		t.Errorf("a line without an end was cut at %d", n)
	}
	if n := aseRecord([]byte(strings.Repeat("x", maxASERecord+5) + "\nrest")); n != maxASERecord+6 {
		t.Errorf("a long line was cut at %d", n)
	}
}

func TestASEMalformed(t *testing.T) {
	f := aseGolden(t, Options{Format: "ase-access"})
	f(sample, `rejected: no record begins with it`)
	f(jsonSample, `rejected: no record begins with it`)
	f(`[Tue Aug 14 22:51:49:707`, `rejected: no time in brackets`)
	f(`[Tue Aug 34 22:51:49:707 2018] GET / HTTP/1.1`, `rejected: unreadable time`)
	f(`[Tue Aug 14 22:51 2018] GET / HTTP/1.1`, `rejected: unreadable time`)
	f(`[Tue Aug 14 22:51:49:7070 2018] GET / HTTP/1.1`, `rejected: unreadable time`)
	f(aseHead+"nonsense", `path=nonsense time=2018-08-14T22:51:49.707Z quality=[no_bytes status_unknown bad_request time_assumed] peer_address=100.100.1.1 client_address=100.100.1.1`)
}

func TestASETimes(t *testing.T) {
	f := func(in string, want int64, ok bool) {
		t.Helper()
		if got, fine := aseTime([]byte(in)); fine != ok || ok && got != want {
			t.Errorf("%q: %d, %v", in, got, fine)
		}
	}
	const at = 1534287109 * second
	f("Tue Aug 14 22:51:49:707 2018", at+707e6, true)
	f("Tue Aug 1422:51:49:707 2018", at+707e6, true)
	f("Tue Aug 14 22:51:49:7 2018", at+7e6, true)
	f("Tue Aug 14 22:51:49 2018", at, true)
	f("Sat Aug  4 22:51:49:000 2018", at-10*day*second, true)
	f("Sat Aug 422:51:49:000 2018", at-10*day*second, true)
	f("Sat Aug 4 22:51:49:000 2018", at-10*day*second, true)
	f("Tue Aug 14 22:51:49:707 18", 0, false)
	f("Tue Aug 14 22:51:49.707 2018", at, false)
	f("Tue Aug :51:49:707 2018", 0, false)
	f("", 0, false)
}
