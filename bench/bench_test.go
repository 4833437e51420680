package main

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// TestLogIsOrdinary: every line of the log can be parsed, none is a touch, and
// clients, paths and agents vary.
func TestLogIsOrdinary(t *testing.T) {
	const lines = 5_000
	path := logFile(t.TempDir())
	if err := writeLog(path, lines, combined); err != nil {
		t.Fatal(err)
	}
	rows, clients := 0, map[string]bool{}
	err := readLog(path, func(b *event.Batch) error {
		for _, r := range b.Rejected {
			t.Errorf("line %d: %s: %s", r.Line, r.Reason, r.Excerpt)
		}
		for row := range b.Rows() {
			clients[b.Addr(event.ClientAddress, row).String()] = true
		}
		rows += b.Rows()
		return nil
	})
	if err != nil || rows != lines || len(clients) < lines/10 {
		t.Errorf("%d rows, %d clients, %v", rows, len(clients), err)
	}
}

// TestStagesThatNeedNoProgram runs those that need no other program.
func TestStagesThatNeedNoProgram(t *testing.T) {
	o := options{dir: t.TempDir(), lines: jsonShare * 20_000}
	if err := writeLog(logFile(o.dir), 20_000, combined); err != nil {
		t.Fatal(err)
	}
	for _, s := range stages[:4] {
		w, err := s.run(context.Background(), o)
		if err != nil || w.Lines < 20_000 || w.Seconds <= 0 || w.Own.PeakBytes == 0 {
			t.Errorf("%s: %+v, %v", s.name, w, err)
		}
	}
}

func TestDecisionsAreMeasuredOnHalfRefusals(t *testing.T) {
	d, err := measureSet(1_000)
	if err != nil || d.Nanoseconds <= 0 || d.BytesPerBlock <= 0 {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestReport(t *testing.T) {
	r := newReport()
	r.Log = &logInfo{Lines: 1000, Bytes: 200_000, LinesPerSecond: 12_345_678}
	r.Stages = []measured{{Name: "store", work: work{Lines: 1000, Own: use{1.5, 3 << 20}, Engine: &use{2.5, 5 << 20}}, LinesPerSecond: 1234, ToWC: 10.5}}
	r.Propagation = []propagation{{Agents: 50, LinesPerSecond: 20_000, Samples: 9, Written: spread{P50: 4.2, P99: 8.1}, Put: spread{P50: 3.3}}}
	r.Decisions = []decisions{{Blocks: 1000, Nanoseconds: 41, BytesPerBlock: 132}}
	r.Gateways = []enforcing{
		{Gateway: "nginx", Way: "maps", Blocks: 7, Rate: 23_456, P50: 61, CPU: 31.25, Cost: &cost{Percent: 12.5, Micros: 9, CPU: 1.75}},
		{Gateway: "net/http", Way: "middleware", CPU: 0.85},
	}
	var out bytes.Buffer
	if err := r.table(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"12,345,678", "1,234", "10.5", "3 MB", "2.5", "20000", "8.1", "3.3", "132", "costs %", "23456", "31.25", "12.5", "1.75", "0.85"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, out.String())
		}
	}
	text, err := json.Marshal(r)
	if err != nil || !strings.Contains(string(text), `"cpu_seconds":1.5`) {
		t.Errorf("%s, %v", text, err)
	}
}

func TestMistakesInFlags(t *testing.T) {
	if _, err := parseOptions([]string{"-only", "parse,weather"}); err == nil {
		t.Error("a part that does not exist was taken")
	}
	if o, err := parseOptions(nil); err != nil || len(o.parts()) != len(stages)+5 {
		t.Errorf("%v, %v", o.parts(), err)
	}
}
