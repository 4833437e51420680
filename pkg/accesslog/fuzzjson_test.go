package accesslog

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// jsonFormats are the formats of gateways' JSON, and those of several lines.
func jsonFormats() []string {
	return []string{
		"apigee", "apisix", "ase-access", "aws-apigw", "caddy", "envoy-json", "json", "kong",
		"traefik", "tyk", "wso2-access", "wso2-api", "wso2-metrics",
	}
}

// FuzzJSONFormats feeds any bytes to one of the formats: no crash, the same
// rows however the bytes are cut, text always UTF-8.
func FuzzJSONFormats(f *testing.F) {
	samples := sampleLogs()
	for i, format := range jsonFormats() {
		f.Add([]byte(samples[format]+"\n"+samples[format]+"\n"), 300, byte(i))
		f.Add([]byte(strings.ReplaceAll(samples[format], `"`, `\"`)+"\n"), 5, byte(i))
	}
	f.Fuzz(func(t *testing.T, data []byte, cut int, which byte) {
		formats := jsonFormats()
		sameRows(t, formats[int(which)%len(formats)], data, cut)
	})
}

// FuzzClientsWords puts any text where a client can write, escaped as the
// gateway does: nobody can change another field, hide the line, or make a
// second one.
func FuzzClientsWords(f *testing.F) {
	f.Add(`","status":"200","client_ip":"203.0.113.66`)
	f.Add("\\\"\x00\n}\u2028,\"RequestMethod\":\"PUT\"")
	f.Add("] \" 203.0.113.66 [Tue Aug 14 22:51:49:707 2018] GET / HTTP/1.1")
	lines := map[string]string{
		"caddy":      `{"ts":1646861401,"request":{"remote_ip":"192.0.2.1","method":"GET","uri":"/a","headers":{"User-Agent":["TEXT"],"Accept":["TEXT"]}},"size":5,"status":404}`,
		"kong":       `{"request":{"uri":"/a","method":"GET","headers":{"accept":"TEXT","user-agent":"TEXT"}},"response":{"status":404,"size":5},"latencies":{"request":7},"client_ip":"192.0.2.1","started_at":1433209822425}`,
		"traefik":    `{"ClientAddr":"192.0.2.1:5","ClientHost":"TEXT","DownstreamStatus":404,"RequestMethod":"GET","RequestPath":"/a","StartUTC":"2024-05-01T10:00:00Z","request_User-Agent":"TEXT"}`,
		"tyk":        `{"client_ip":"TEXT","method":"GET","path":"/a","prefix":"access-log","remote_addr":"192.0.2.1:5","status":404,"time":"2025-01-29T08:27:09Z","user_agent":"TEXT"}`,
		"ase-access": `[Tue Aug 14 22:51:49:707 2018] [info] [connectinfo:192.0.2.1:3] [api:a] GET /a HTTP/1.1` + "\nUser-Agent: TEXT\nX-Forwarded-For: TEXT",
	}
	f.Fuzz(func(t *testing.T, text string) {
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, format := range slices.Sorted(maps.Keys(lines)) {
			word := string(quoted[1 : len(quoted)-1])
			r, err := NewReader(Options{Format: format, Trusted: trust})
			if err != nil {
				t.Fatal(err)
			}
			log := strings.ReplaceAll(lines[format], "TEXT", word) + "\n"
			b := &event.Batch{Header: event.Header{Received: received}}
			r.ReadLast([]byte(log), event.Position{Line: 1}, b)
			if b.Rows() != 1 || string(b.Text(event.Method, 0)) != "GET" || string(b.Text(event.Path, 0)) != "/a" ||
				b.Addr(event.ClientAddress, 0).String() != "192.0.2.1" {
				t.Fatalf("%s: %d rows, rejected %v of %s", format, b.Rows(), b.Rejected, log)
			}
			if format != "ase-access" && b.Number(event.Status, 0) != 404 {
				t.Fatalf("%s: another status of %s", format, log)
			}
		}
	})
}
