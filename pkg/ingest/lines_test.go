package ingest_test

import (
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/ingest"
	"github.com/honeymoat/honeymoat/pkg/ingest/ingesttest"
)

// withFormat is a pipeline of one source that is read in a format.
func withFormat(t *testing.T, format string, bus ingest.Publisher, f *file, change func(*ingest.Source)) *ingest.Pipeline {
	t.Helper()
	source := ingest.Source{Name: "edge", Gateway: "edge", Log: accesslog.Options{Format: format}}
	if change != nil {
		change(&source)
	}
	o := quick()
	o.Idle = time.Millisecond
	p, err := ingest.New(o, []ingest.Source{source}, files{f}, bus, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// wantRecords wants so many rows with a path, and nothing else.
func wantRecords(t *testing.T, bus *ingesttest.Bus, n int, path string) {
	t.Helper()
	records := bus.Records()
	if len(records) != n {
		t.Errorf("%d records, want %d", len(records), n)
	}
	for _, r := range records {
		if r.Path != path || r.Reason != "" {
			t.Errorf("got %+v, want the path %s", r, path)
		}
	}
}

const aseRecord = "[Tue Aug 14 22:51:49:707 2018] [thread:209] [info] [connectionid:1804289383] [connectinfo:100.100.1.1:36663] " +
	"[type:connection_drop] [api:decoy] [request_payload_length:0] GET /decoy/test HTTP/1.1\nUser-Agent: curl/7.35.0\nHost: app\n"

func TestARecordOfSeveralLinesIsWholeWhenNothingFollows(t *testing.T) {
	var bus ingesttest.Bus
	f := newFile("a", aseRecord)
	p := withFormat(t, "ase-access", &bus, f, nil)
	done := make(chan error, 1)
	go func() { done <- p.Run(t.Context()) }()
	eventually(t, "the record, although no other follows", func() bool { return bus.Len() == 1 })
	f.write(aseRecord[:40])
	f.write(aseRecord[40:])
	f.end(io.EOF)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	wantRecords(t, &bus, 2, "/decoy/test")
}

func TestAReaderInTheMiddleKnowsWhatTheBeginningTold(t *testing.T) {
	const fields = "#Fields: date time c-ip cs-method cs-uri-stem sc-status\n"
	const line = "2026-08-01 12:00:00 192.0.2.1 GET /a 200\n"
	var bus ingesttest.Bus
	f := newFile("a", fields+line)
	p := withFormat(t, "w3c", &bus, f, nil)
	finish(t, p, f)
	if st := p.Stats().Sources["edge"]; st.Skipped != 1 || st.Lines != 1 {
		t.Errorf("stats %+v, want one record skipped and one line", st)
	}
	f.write(strings.Repeat(line, 3)) // a restart begins behind the line that names the fields
	p = withFormat(t, "w3c", &bus, f, nil)
	finish(t, p, f)
	wantRecords(t, &bus, 4, "/a")
}

// A batch that has to be read again is read with what stands before it, not
// with what a line behind it has told meanwhile.
func TestLinesReadAgainMeanWhatTheyMeant(t *testing.T) {
	const before = "#Fields: date time c-ip cs-method cs-uri-stem sc-status\n"
	const after = "#Fields: date time cs-method cs-uri-stem sc-status c-ip\n"
	bus := ingesttest.Bus{MaxRecords: 4}
	f := newFile("a", before+strings.Repeat("2026-08-01 12:00:00 192.0.2.1 GET /a 200\n", 4))
	p := withFormat(t, "w3c", &bus, f, nil)
	done := make(chan error, 1)
	go func() { done <- p.Run(t.Context()) }()
	eventually(t, "the first batch", func() bool { return bus.Len() == 4 })
	f.write(strings.Repeat("2026-08-01 12:00:00 192.0.2.1 GET /a 200\n", 3) +
		after + strings.Repeat("2026-08-01 12:00:00 GET /a 200 192.0.2.1\n", 3))
	f.end(io.EOF)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	wantRecords(t, &bus, 10, "/a")
}

func TestWhatIsMaskedOnTheHostDoesNotLeaveIt(t *testing.T) {
	var bus ingesttest.Bus
	f := newFile("a", ingesttest.Line("/secret")+"\n")
	p := withFormat(t, "combined", &bus, f, func(s *ingest.Source) {
		s.Mask = func(b *event.Batch) {
			b.MapText(event.Path, func(_ int, dst, _ []byte) ([]byte, bool) { return append(dst, "[masked]"...), true })
		}
	})
	finish(t, p, f)
	wantRecords(t, &bus, 1, "[masked]")
}
