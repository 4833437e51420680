package accesslog

import (
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
)

const (
	iisFields = `#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status sc-bytes cs-bytes time-taken`
	w3cSample = "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n#Date: 2024-05-01 10:00:00\n" + iisFields + "\n" +
		`2024-05-01 10:00:01 10.0.0.4 GET /shop/item.aspx id=7 443 CORP\bob 198.51.100.2 Mozilla/5.0+(Windows+NT+10.0) https://h.example/ 200 0 0 1234 456 31`
)

// rows renders the rows of a log, one a line, and what was rejected.
func rows(t *testing.T, o Options, text string) string {
	t.Helper()
	b := parse(t, o, text)
	var s []string
	for row := range b.Rows() {
		s = append(s, render(b, row))
	}
	for _, r := range b.Rejected {
		s = append(s, "rejected: "+r.Reason)
	}
	return strings.Join(s, "\n")
}

func TestW3C(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := rows(t, Options{Format: "iis", Trusted: trust}, in+"\n"); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
	f(w3cSample, `method=GET path=/shop/item.aspx query=id=7 user_agent=Mozilla/5.0 (Windows NT 10.0) referer=https://h.example/ principal_kind=user principal=CORP\bob user=CORP\bob time=2024-05-01T10:00:01Z status=200 request_bytes=456 response_bytes=1234 duration=31000000 quality=[bytes_on_wire] peer_address=198.51.100.2 client_address=198.51.100.2`)
	// other columns halfway, a header behind a proxy, a log without dates
	f("#Fields: date time c-ip cs-method cs-uri-stem sc-status\n2024-05-01 10:00:01 192.0.2.1 GET / 404\n#Date: 2024-05-02 00:00:00\n#Fields: time c-ip cs(X-Forwarded-For) cs-method cs-uri-stem cs-version cs-host sc-status\n10:00:02 10.0.0.1 198.51.100.2,+10.0.0.9 GET /a HTTP/1.1 h.example 200",
		`method=GET path=/ time=2024-05-01T10:00:01Z status=404 quality=[no_bytes no_user_agent] peer_address=192.0.2.1 client_address=192.0.2.1`+"\n"+
			`method=GET host=h.example path=/a protocol=HTTP/1.1 forwarded_for=198.51.100.2, 10.0.0.9 time=2024-05-02T10:00:02Z status=200 quality=[no_bytes no_user_agent] peer_address=10.0.0.1 client_address=198.51.100.2`)
	// CloudFront
	f("#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version\n"+
		strings.ReplaceAll(`2019-12-04|21:02:31|LAX1|392|192.0.2.100|GET|d111111abcdef8.cloudfront.net|/index.html|200|-|Mozilla/5.0%20(Windows%20NT%2010.0)|-|-|Hit|SOX4xwn4XV6Q4rgb7XiVGOHms_BGlTAC4KyHmureZmBNrjGdRLiNIQ==|www.example.com|https|23|0.001|-|TLSv1.2|ECDHE-RSA-AES128-GCM-SHA256|Hit|HTTP/2.0`, "|", "\t"),
		`method=GET host=www.example.com path=/index.html protocol=HTTP/2.0 user_agent=Mozilla/5.0 (Windows NT 10.0) tls_version=TLSv1.2 request_id=SOX4xwn4XV6Q4rgb7XiVGOHms_BGlTAC4KyHmureZmBNrjGdRLiNIQ== time=2019-12-04T21:02:31Z status=200 request_bytes=23 response_bytes=392 duration=1000000 quality=[bytes_on_wire] peer_address=192.0.2.100 client_address=192.0.2.100`)
}

func TestW3CMalformed(t *testing.T) {
	f := golden(t, Options{Format: "w3c", Pattern: "#Fields: date time c-ip cs-method cs-uri-stem sc-status"})
	f(`2024-05-01 10:00:01 192.0.2.1 GET / 404`, `method=GET path=/ time=2024-05-01T10:00:01Z status=404 quality=[no_bytes no_user_agent] peer_address=192.0.2.1 client_address=192.0.2.1`)
	f(`2024-05-01 10:00:01 192.0.2.1 GET /`, `rejected: not as the pattern has it`)
	f(`2024-05-01 10:00:01 192.0.2.1 GET / 404 more`, `rejected: not as the pattern has it`)
	f(`2024-05-41 10:00:01 192.0.2.1 GET / 404`, `rejected: unreadable time`)
	f(`# a comment`, skipped)
	golden(t, Options{Format: "w3c"})(`2024-05-01 10:00:01 192.0.2.1 GET / 404`, `rejected: no #Fields line yet`)
	golden(t, Options{Format: "w3c", Pattern: "date time c-ip cs-method"})(`2024-05-01 10:00:01 192.0.2.1 GET`,
		`method=GET time=2024-05-01T10:00:01Z quality=[no_bytes no_user_agent status_unknown] peer_address=192.0.2.1 client_address=192.0.2.1`)
	refused(t, "w3c", "#Fields:", "want a #Fields line")
}

func TestW3CGoesOnInTheMiddleOfAFile(t *testing.T) {
	r, err := NewReader(Options{Format: "w3c"})
	if err != nil {
		t.Fatal(err)
	}
	head, line := w3cSample[:strings.LastIndexByte(w3cSample, '\n')+1], w3cSample[strings.LastIndexByte(w3cSample, '\n')+1:]
	if !r.Prime([]byte(head)) {
		t.Error("wants no lines before the one where it goes on")
	}
	b := &event.Batch{Header: event.Header{Received: received}}
	if r.ReadChunk([]byte(line+"\n"), event.Position{Offset: int64(len(head)), Line: 5}, b); b.Rows() != 1 {
		t.Errorf("%d rows, rejected %v", b.Rows(), b.Rejected)
	}
}
