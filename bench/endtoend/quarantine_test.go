package endtoend

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
	"github.com/honeymoat/honeymoat/pkg/httpapi/client"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

// logLine is a line of a combined log.
func logLine(at, path string) string {
	return fmt.Sprintf(`%s - - [%s] "GET %s HTTP/1.1" 200 12 "-" "test"`, customer, at, path)
}

// mappedLine is a line of a gateway with a format of its own.
func mappedLine(path string) string {
	return fmt.Sprintf(`{"who":%q,"when":%q,"what":%q,"how":"GET","code":200}`, customer, time.Now().UTC().Format(time.RFC3339), path)
}

// mapped is a source in that format, the path at a JSON pointer.
func mapped(name, file, code string) map[string]any {
	return map[string]any{
		"name": name, "format": "json", "paths": []string{file}, "fields": map[string]any{
			"client_address": map[string]string{"pointer": "/" + code + "who"}, "time": map[string]string{"pointer": "/" + code + "when", "unit": "rfc3339"},
			"path": map[string]string{"pointer": "/" + code + "what"}, "method": map[string]string{"pointer": "/" + code + "how"},
			"status": map[string]string{"pointer": "/" + code + "code"},
		},
	}
}

// inQuarantine waits until so many records are in quarantine.
func (p *play) inQuarantine(n int, f client.QuarantineFilter) []wire.Quarantined {
	p.Helper()
	var records []wire.Quarantined
	p.eventually(fmt.Sprintf("%d records are in quarantine", n), func(ctx context.Context) error {
		records = nil
		for r, err := range p.service.API.Quarantine(ctx, f) {
			if err != nil {
				return err
			}
			records = append(records, r)
		}
		if len(records) != n {
			return fmt.Errorf("%d records: %+v", len(records), records[:min(3, len(records))])
		}
		return nil
	})
	return records
}

// retried runs honeymoat quarantine retry and wants a text in what it says.
func (p *play) retried(want string, args ...string) {
	p.Helper()
	out, err := p.service.Tool(p.deadline(), append([]string{"quarantine", "retry", "--wait", "60s"}, args...)...)
	p.must(err)
	if !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
		p.Errorf("retry does not say %q:\n%s", want, out)
	}
}

// TestBadInput: whatever lies in a log, each line is an event or in quarantine,
// with its reason and its place, and memory stays bounded.
func TestBadInput(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := &play{T: t, Stage: s}
	log := s.Path("access.log")
	var err error
	p.service, err = p.Service(p.deadline(), stage.Settings{"sources": []stage.Source{{Name: "edge", Paths: []string{log}, Format: "combined"}}})
	p.must(err)
	now := time.Now().Format("02/Jan/2006:15:04:05 -0700")
	long := strings.Repeat("x", 3<<20)
	lines := []string{
		logLine(now, "/good/first"),
		"",
		long,
		logLine(now, "/good/"+strings.Repeat("y", 2<<20)),
		"\x00\x01\x02 binary \xff\xfe",
		logLine(now, "/good/\xff\xfe\xc3("),
		`<134>1 2026-01-01T00:00:00Z host app - - - another format`,
		mappedLine("/json"),
		logLine("01/Jan/1970:00:00:00 +0000", "/good/1970"),
		logLine("01/Jan/2090:00:00:00 +0000", "/good/2090"),
		logLine("99/Foo/2026:00:00:00 +0000", "/bad/time"),
		logLine(now, "/good/last"),
	}
	text := strings.Join(lines, "\n") + "\n" + logLine(now, "/half")[:40]
	p.write("access.log", text)
	// Line 4 is cut within its path, so that it has no end of the request.
	places := map[int64]bool{3: true, 4: true, 5: true, 7: true, 8: true, 11: true}
	for _, r := range p.inQuarantine(len(places), client.QuarantineFilter{}) {
		at := strings.Index(text, lines[r.Line-1])
		if !places[r.Line] || r.Reason == "" || r.FilePath != log || r.Offset != int64(at) || r.Length != int64(len(lines[r.Line-1])+1) || len(r.Excerpt) > 256 {
			t.Errorf("line %d: %+v", r.Line, r)
		}
	}
	p.stored("path LIKE '/good/%'", 5)
	p.stored("path IN ('/good/1970', '/good/2090') AND has(quality, 'time_assumed') AND abs(dateDiff('hour', time, now())) < 2", 2)
	usage, _, err := stage.UsageOf(p.service.Pid())
	p.must(err)
	if usage.PeakBytes > 1<<30 {
		t.Errorf("the service took %d MiB", usage.PeakBytes>>20)
	}
	counted, err := p.service.API.Metric(p.deadline(), "honeymoat_ingest_quarantined_total")
	p.must(err)
	if int(counted) != len(places) {
		t.Errorf("%v records are counted, want %d", counted, len(places))
	}
	status, err := p.service.Tool(p.deadline(), "status")
	p.must(err)
	if !strings.Contains(status, "6 records in quarantine") {
		t.Errorf("status: %s", status)
	}
	p.appendTo(log, logLine(now, "/half")[40:]+"\n")
	p.stored("path = '/half'", 1)
}

// appendTo writes behind what is in a log.
func (p *play) appendTo(file, text string) {
	p.Helper()
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	p.must(err)
	_, err = f.WriteString(text)
	p.must(errors.Join(err, f.Close()))
}

// TestMendedMappingEmptiesTheQuarantine: lines that a wrong mapping could not
// read become events, each once, when the mapping is mended by a reload and
// they are read again, whatever is killed meanwhile; new lines are read at once.
func TestMendedMappingEmptiesTheQuarantine(t *testing.T) {
	t.Parallel()
	const lines = 3000
	s := newStage(t)
	p := &play{T: t, Stage: s}
	log := s.Path("app.log")
	var err error
	p.service, err = p.Service(p.deadline(), stage.Settings{"sources": []any{mapped("app", log, "wrong/")}})
	p.must(err)
	var text strings.Builder
	for i := range lines {
		text.WriteString(mappedLine(fmt.Sprintf("/numbered/%d", i)) + "\n")
	}
	p.write("app.log", text.String())
	before := p.inQuarantine(lines, client.QuarantineFilter{Source: "app"})
	p.retried(fmt.Sprintf("done │ %d │ 0 │ %d", lines, lines))
	p.must(p.service.Change(stage.Settings{"sources": []any{mapped("app", log, "")}}))
	p.must(p.service.Reload())
	p.eventually("the service has reloaded", func(context.Context) error { return p.service.Said("configuration reloaded") })
	if _, err := p.service.Tool(p.deadline(), "quarantine", "retry", "--wait", "0s"); err != nil {
		t.Error(err)
	}
	p.must(p.service.Restart(p.deadline()))
	p.inQuarantine(0, client.QuarantineFilter{})
	p.retried("done │ 0 │ 0 │ 0")
	p.stored("path LIKE '/numbered/%'", lines)
	p.must(p.sameEvent(before[0]))
	p.appendTo(log, mappedLine("/numbered/new")+"\n")
	p.stored("path LIKE '/numbered/%'", lines+1)
}

// sameEvent is nil when the event of a record has its id, its line and its
// time.
func (p *play) sameEvent(r wire.Quarantined) error {
	var e wire.Event
	if err := p.service.API.Do(p.deadline(), "GET", "/api/v1/events/"+url.PathEscape(r.ID), nil, &e); err != nil {
		return err
	}
	if e.Line != r.Line || e.Source != r.Source || e.Gateway != r.Gateway || !e.Received.After(r.Received) || time.Since(e.Time) > time.Hour {
		return fmt.Errorf("event %+v of record %+v", e, r)
	}
	return nil
}

// TestAgentsRetryWhenTheyAreBack: over both transports, an agent that is away
// when it is asked does it later, once.
func TestAgentsRetryWhenTheyAreBack(t *testing.T) {
	t.Parallel()
	for _, transport := range []string{"bus", "http"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			agentRetries(newPlay(t, nil), transport)
		})
	}
}

func agentRetries(p *play, transport string) {
	const lines = 200
	log := p.Path("app.log")
	a, err := p.PrepareAgent("edge-a", stage.Settings{"transport": transport, "sources": []any{mapped("app", log, "wrong/")}})
	p.must(err)
	p.must(a.Enrol(p.deadline(), p.service))
	p.must(a.Start())
	var text strings.Builder
	for i := range lines {
		text.WriteString(mappedLine(fmt.Sprintf("/numbered/%d", i)) + "\n")
	}
	p.write("app.log", text.String())
	p.inQuarantine(lines, client.QuarantineFilter{Host: "edge-a"})
	p.retried(fmt.Sprintf("edge-a │ done │ %d │ 0 │ %d", lines, lines), "--agent", "edge-a")
	a.Kill()
	out, err := p.service.Tool(p.deadline(), "quarantine", "retry", "--all", "--wait", "1s")
	p.must(err)
	if !strings.Contains(out, "has not begun") || !strings.Contains(out, "Not every host is done") {
		p.Errorf("with the agent away: %s", out)
	}
	p.must(a.Change(stage.Settings{"sources": []any{mapped("app", log, "")}}))
	p.must(a.Start())
	p.inQuarantine(0, client.QuarantineFilter{})
	p.stored("path LIKE '/numbered/%' AND agent = 'edge-a'", lines)
}
