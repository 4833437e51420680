package accesslog

import "testing"

const traefikCLFSample = `198.51.100.2 - - [26/Mar/2024:10:00:00 +0000] "GET /dashboard/?a=b HTTP/2.0" 200 1234 "https://h.example/" "Mozilla/5.0 (X11)" 42 "shop@docker" "http://10.0.1.8:8000" 12ms`

func TestTraefikCLF(t *testing.T) {
	f := golden(t, Options{Format: "traefik-clf"})
	f(traefikCLFSample, `method=GET path=/dashboard/ query=a=b protocol=HTTP/2.0 user_agent=Mozilla/5.0 (X11) referer=https://h.example/ api=shop@docker time=2024-03-26T10:00:00Z status=200 response_bytes=1234 duration=12000000 peer_address=198.51.100.2 client_address=198.51.100.2`)
	const at = ` [26/Mar/2024:10:00:00 +0000] "GET / HTTP/1.1" `
	const row = `method=GET path=/ protocol=HTTP/1.1 `
	// Traefik answered by itself
	f(`2001:db8::1 - bob`+at+`404 19 "-" "-" 1 "-" "-" 0ms`, row+`principal_kind=user principal=bob user=bob time=2024-03-26T10:00:00Z status=404 response_bytes=19 duration=0 peer_address=2001:db8::1 client_address=2001:db8::1`)
	f(`192.0.2.1 - -`+at+`- - - - 1 - - 0ms`, `rejected: not as the pattern has it`)
	f(`192.0.2.1 - -`+at+`- - "-" "-" 1 - - 0ms`, row+`time=2024-03-26T10:00:00Z duration=0 quality=[no_bytes status_unknown] peer_address=192.0.2.1 client_address=192.0.2.1`)
	// the client is the forwarded-for of a trusted hop
	f(`6.6.6.6, 198.51.100.2, 10.0.0.3 - -`+at+`200 1 "-" "a" 1 "r" "s" 1ms`, row+`user_agent=a forwarded_for=6.6.6.6, 198.51.100.2, 10.0.0.3 api=r time=2024-03-26T10:00:00Z status=200 response_bytes=1 duration=1000000 peer_address=10.0.0.3 client_address=198.51.100.2`)
	// what a client sends is not escaped
	f(`192.0.2.1 - -`+at+`200 1 "-" "a" 7 "forged" "http://x" 9ms" 1 "real" "s" 1ms`, row+`user_agent=a" 7 "forged" "http://x" 9ms api=real time=2024-03-26T10:00:00Z status=200 response_bytes=1 duration=1000000 peer_address=192.0.2.1 client_address=192.0.2.1`)
	f(`192.0.2.1 - x, 6.6.6.6 - y`+at+`200 1 "-" "a" 1 "r" "s" 1ms`, row+`user_agent=a principal_kind=user principal=x, 6.6.6.6 - y user=x, 6.6.6.6 - y api=r time=2024-03-26T10:00:00Z status=200 response_bytes=1 duration=1000000 quality=[bad_forwarded]`)
	f(sample, `rejected: not as the pattern has it`)
	f(`garbage`, `rejected: no time in brackets`)
	f(`192.0.2.1 - -`+at+`200 1 "-" "a" 1 "r" "s" soon`, `rejected: not as the pattern has it`)
	f(`192.0.2.1 - -`+at+`200 1 "-" "a" many "r" "s" 1ms`, `rejected: not as the pattern has it`)
	f(`192.0.2.1 - -`+at+`OK 1 "-" "a" 1 "r" "s" 1ms`, `rejected: status is not a number`)
}
