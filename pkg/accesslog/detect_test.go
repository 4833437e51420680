package accesslog

import (
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
)

func TestEachSampleIsDetectedAsItself(t *testing.T) {
	for format, log := range sampleLogs() {
		log := strings.Repeat(log+"\n", 5)
		guesses := Detect([]byte(log), Options{})
		if len(guesses) == 0 || guesses[0].Format != format {
			t.Errorf("%s: %+v", format, guesses)
			continue
		}
		if g := guesses[0]; g.Parsed == 0 || g.Parsed != g.Sampled || g.Confidence < 0.4 || g.Confidence > 1 {
			t.Errorf("%s: %+v", format, g)
		}
		if b := parse(t, Options{}, log); b.Format != format || b.Rows() == 0 || len(b.Rejected) > 0 {
			t.Errorf("%s: auto read %d rows as %s, rejected %v", format, b.Rows(), b.Format, b.Rejected)
		}
	}
}

// general are the formats that read what others write too.
func general(format string) bool {
	return format == "json" || format == "combined"
}

func TestAFormatReadsNoOthersLines(t *testing.T) {
	for format := range sampleLogs() {
		if general(format) {
			continue
		}
		for other, log := range sampleLogs() {
			if other == format {
				continue
			}
			if b := parse(t, Options{Format: format}, strings.Repeat(log+"\n", 3)); b.Rows() > 0 {
				t.Errorf("%s made rows of a log of %s: %s", format, other, render(b, 0))
			}
		}
	}
}

func TestConfidenceCountsWhatIsUnderstood(t *testing.T) {
	f := func(log string, want Guess) {
		t.Helper()
		guesses := Detect([]byte(log), Options{})
		if len(guesses) == 0 || guesses[0] != want {
			t.Errorf("got %+v, want %+v", guesses, want)
		}
	}
	f(sample+"\n", Guess{"combined", 1, 1, 1, 0.5})
	f(sample+"\n"+sample+"\n"+sample+"\n", Guess{"combined", 3, 3, 1, 0.75})
	f(sample+"\nx\n", Guess{"combined", 1, 2, 1, 0.25})
	caddy := sampleLogs()["caddy"] + "\n"
	f(caddy+`{"level":"info","ts":1646861401.5,"logger":"admin","msg":"started"}`+"\n", Guess{"caddy", 1, 1, 1, 2. / 3})
	if guesses := Detect([]byte("\n\nnothing\n"), Options{}); len(guesses) != 0 {
		t.Errorf("got %+v", guesses)
	}
}

func TestSamplesAllocateNothing(t *testing.T) {
	for format, log := range sampleLogs() {
		r, err := NewReader(Options{Format: format, Trusted: trust})
		if err != nil {
			t.Fatal(err)
		}
		chunk := []byte(strings.Repeat(log+"\n", 100))
		var b event.Batch
		if n := testing.AllocsPerRun(10, func() {
			b.Reset()
			r.ReadChunk(chunk, event.Position{}, &b)
		}); n != 0 || b.Rows() < 99 {
			t.Errorf("%s: %v allocations for %d rows", format, n, b.Rows())
		}
	}
}

func TestAutoWithAClientHeader(t *testing.T) {
	o := Options{ClientHeader: "CF-Connecting-IP", Trusted: trust}
	b := parse(t, o, `{"ClientAddr":"10.0.0.7:5","ClientHost":"198.51.100.66","request_Cf-Connecting-Ip":"192.0.2.7","DownstreamStatus":200,"RequestMethod":"GET","RequestPath":"/","StartUTC":"2024-05-01T10:00:00Z"}`+"\n")
	if b.Format != "traefik" || b.Rows() != 1 || b.Addr(event.ClientAddress, 0).String() != "192.0.2.7" {
		t.Errorf("read as %s, client %v", b.Format, b.Addr(event.ClientAddress, 0))
	}
	if b := parse(t, o, sampleLogs()["apigee"]+"\n"); b.Format != "apigee" || b.Rows() != 1 {
		t.Errorf("read as %s", b.Format)
	}
}
