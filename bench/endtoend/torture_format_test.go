package endtoend

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// dialect is how a log is written.
type dialect struct {
	line func(n int, client, path string, status int) string
	// bad is a line of another gateway's format, or one that nobody can read.
	bad     func(n int) string
	mending bool // another mapping reads the bad ones
	// It tells no status: nobody is blamed for a request of which it is not
	// known whether an application answered it.
	blameless bool
}

var (
	combined   = dialect{line: combinedLine, bad: foreignLine, mending: true}
	documented = dialect{line: jsonLine, bad: foreignLine, mending: true}
	multiLine  = dialect{line: aseRecord, bad: badRecord, blameless: true}
	bulky      = dialect{line: bulkyLine}
)

// combinedLine is a line of the combined format.
func combinedLine(n int, client, path string, status int) string {
	return fmt.Sprintf("%s - - [%s] \"GET %s HTTP/1.1\" %d %d \"-\" \"torture/1.0\"\n",
		client, time.Now().Format("02/Jan/2006:15:04:05 -0700"), path, status, 100+n%900)
}

// jsonLine is a line of the log_format that the documentation gives.
func jsonLine(n int, client, path string, status int) string {
	return fmt.Sprintf(`{"time":%q,"peer":%q,"method":"GET","host":"shop.example.net","uri":%q,"protocol":"HTTP/1.1",`+
		`"status":"%d","response_bytes":"%d","user_agent":"torture/1.0","request_id":"%032x","decision":""}`+"\n",
		time.Now().Format(time.RFC3339Nano), client, path, status, 100+n%900, n)
}

// aseRecord is a request in the access log of PingIntelligence's gateway, which
// tells no status.
func aseRecord(n int, client, path string, _ int) string {
	at := time.Now().UTC()
	return fmt.Sprintf("[%s:%03d %d] [thread:209] [info] [connectionid:%d] [connectinfo:%s:36663] [type:request] [api:shop] [request_payload_length:0] GET %s HTTP/1.1\n"+
		"User-Agent: torture/1.0\nAccept: */*\nHost: shop.example.net\n",
		at.Format("Mon Jan 2 15:04:05"), at.Nanosecond()/1e6, at.Year(), n, client, path)
}

// badRecord begins like a record, at an hour that no day has.
func badRecord(n int) string {
	return fmt.Sprintf("[Thu Jan 22 99:10:00:000 2026] [thread:209] [info] GET /bad?n=%d HTTP/1.1\nHost: shop.example.net\n", n)
}

// foreignLine is a line of a gateway with a format of its own.
func foreignLine(n int) string { return mappedLine(fmt.Sprintf("/bad?n=%d", n)) + "\n" }

// clientOf gives the client of a log's touch: each has one of its own, so that
// each is a block.
func clientOf(lane, touch int) string {
	return fmt.Sprintf("198.%d.%d.%d", 18+lane/4, lane%4*64+touch>>8, touch&255)
}

// bulkyLine is a line that can hardly be compressed.
func bulkyLine(n int, client, path string, status int) string {
	junk := make([]byte, 3<<10)
	for i := range junk {
		junk[i] = 'a' + byte(rand.IntN(26))
	}
	return strings.Replace(combinedLine(n, client, path, status), "torture/1.0", string(junk), 1)
}
