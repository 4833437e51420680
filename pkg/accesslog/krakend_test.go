package accesslog

import (
	"testing"
	"time"
)

func TestKrakenD(t *testing.T) {
	zone := time.FixedZone("", 7200)
	f := golden(t, Options{Format: "krakend", Zone: zone})
	const line = `[GIN] 2022/10/25 - 10:00:00 | 200 |       4.529µs |      172.17.0.1 | GET      "/user/foo"`
	f(line, `method=GET path=/user/foo forwarded_for=172.17.0.1 time=2022-10-25T08:00:00Z status=200 duration=4529 quality=[no_bytes no_user_agent]`)
	golden(t, Options{Format: "krakend", Zone: zone, ForwardedAppended: true})(line,
		`method=GET path=/user/foo forwarded_for=172.17.0.1 time=2022-10-25T08:00:00Z status=200 duration=4529 quality=[no_bytes no_user_agent] peer_address=172.17.0.1 client_address=172.17.0.1`)
	golden(t, Options{Format: "krakend"})(line, `method=GET path=/user/foo forwarded_for=172.17.0.1 time=2022-10-25T10:00:00Z status=200 duration=4529 quality=[no_bytes no_user_agent time_assumed]`)
	// to a terminal, with Go's escapes
	f("\x1b[90mx\x1b[0m [GIN] 2022/10/25 - 10:00:00 |\x1b[97;42m 500 \x1b[0m|  1m2.5s | ::1 |\x1b[97;44m POST    \x1b[0m \"/a\\\"b\\u00e4\\x7f|c?q=1\"",
		"method=POST path=/a\"bä\x7f|c query=q=1 forwarded_for=::1 time=2022-10-25T08:00:00Z status=500 duration=62500000000 quality=[no_bytes no_user_agent]")
	f(`[KRAKEND] 2022/10/25 - 10:00:00.123 ▶ INFO [SERVICE: Gin] Listening on port: 8080`, skipped)
	f(`Error #01: context deadline exceeded`, `rejected: not as the pattern has it`)
	f(`[GIN] 2022/10/25 - 10:00:00 | 200 | 4.529µs`, `rejected: not as the pattern has it`)
	f(`[GIN] 2022/25/10 - 10:00:00 | 200 | 4.529µs | 1.2.3.4 | GET "/"`, `rejected: unreadable time`)
	f(`[GIN] 2022/10/25 - 10:00:00 | OK | 4.529µs | 1.2.3.4 | GET "/"`, `rejected: status is not a number`)
	f(`[GIN] 2022/10/25 - 10:00:00 | 200 | 4.529µs | 1.2.3.4 | GET /`, `rejected: no quoted request`)
}
