package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

func TestRetriesAreToldByHost(t *testing.T) {
	var out strings.Builder
	printRetry(&out, block.Retry{Number: 7, Hosts: []block.HostRetry{
		block.HostRetryOf(block.ServiceHost, block.RetryResult{Number: 7, Done: true, Tried: 12, Parsed: 2, Failed: 10, Reasons: map[string]int{"rare": 1, "often": 8, "also rare": 1}}),
		block.HostRetryOf("edge-a", block.RetryResult{}),
		block.HostRetryOf("edge-b", block.RetryResult{Number: 7, Tried: 3}),
	}})
	text := out.String()
	for _, want := range []string{"the service", "8 × often", "edge-a", "has not begun", "under way", "retries/7"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing:\n%s", want, text)
		}
	}
	if strings.Index(text, "often") > strings.Index(text, "rare") {
		t.Errorf("the most frequent reason is not the first:\n%s", text)
	}
	out.Reset()
	printRetry(&out, block.Retry{Done: true})
	if strings.Contains(out.String(), "Not every") {
		t.Errorf("what is done is told as not done:\n%s", out.String())
	}
}

func TestQuarantineIsListed(t *testing.T) {
	var out strings.Builder
	printQuarantine(&out, nil)
	if !strings.Contains(out.String(), "Nothing") {
		t.Errorf("an empty quarantine: %s", out.String())
	}
	out.Reset()
	records := make([]wire.Quarantined, most+1)
	for i := range records {
		records[i] = wire.Quarantined{ID: "00c5a0f1e2d3b4a5-10", Received: time.Now(), Agent: "edge-a", Source: "web", FilePath: "/logs/a", Line: 7, Reason: "no time", Excerpt: strings.Repeat("x", 200)}
	}
	printQuarantine(&out, records)
	for _, want := range []string{"00c5a0f1e2d3b4a5-10", "edge-a", "/logs/a:7", "no time"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing:\n%s", want, out.String())
		}
	}
}
