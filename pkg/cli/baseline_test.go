package cli

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/command"
)

// day is a metric with a course of the day, a row every ten minutes, and a
// burst near the end.
func day(rows, burst int) []string {
	random := rand.New(rand.NewPCG(7, 7))
	begin := time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
	lines := []string{"timestamp,value"}
	for i := range rows {
		x := 100 + 30*math.Sin(2*math.Pi*float64(i)/144) + 2*random.NormFloat64()
		if i >= burst && i < burst+6 {
			x += 200
		}
		lines = append(lines, fmt.Sprintf("%s,%.3f", begin.Add(time.Duration(i)*10*time.Minute).Format(time.DateTime), x))
	}
	return lines
}

// honeymoat runs a command on an input and gives its output.
func honeymoat(t *testing.T, in io.Reader, args ...string) string {
	t.Helper()
	var out, err bytes.Buffer
	if code := Run(t.Context(), "1.2.3", args, command.Surroundings{In: in, Out: &out, Err: &err}); code != command.ExitOK {
		t.Fatalf("%v: code %d, %s", args, code, &err)
	}
	return out.String()
}

func TestScoreFindsABurst(t *testing.T) {
	const burst = 1800
	lines := day(2016, burst)
	rows, err := csv.NewReader(strings.NewReader(honeymoat(t, strings.NewReader(strings.Join(lines, "\n")), "baseline", "score", "-"))).ReadAll()
	if err != nil || len(rows) != len(lines) {
		t.Fatalf("%d rows of %d, %v", len(rows), len(lines), err)
	}
	found := false
	for i, row := range rows[1:] {
		if row[0]+","+row[1] != lines[i+1] {
			t.Fatalf("row %d is %v, was %s", i, row, lines[i+1])
		}
		score, err := strconv.ParseFloat(row[5], 64)
		if err != nil || score < 0 || score > 1 || row[6] != "true" && row[6] != "false" {
			t.Fatalf("row %d: %v", i, row)
		}
		found = found || row[6] == "true" && i >= burst && i < burst+6 && score > 0.99
	}
	if !found {
		t.Errorf("the burst was not found: %v", rows[burst:burst+8])
	}
	var numbers [3]float64
	for i := range numbers {
		if numbers[i], err = strconv.ParseFloat(rows[burst][2+i], 64); err != nil {
			t.Fatal(err)
		}
	}
	if expected, lower, upper := numbers[0], numbers[1], numbers[2]; lower > expected || expected > upper || upper > 200 {
		t.Errorf("expected %v in %v to %v", expected, lower, upper)
	}
}

// TestScoreLooksAtNothingThatComesLater, and at nothing outside its rows.
func TestScoreLooksAtNothingThatComesLater(t *testing.T) {
	lines := day(1000, 700)
	whole := honeymoat(t, strings.NewReader(strings.Join(lines, "\n")), "baseline", "score", "-")
	part := honeymoat(t, strings.NewReader(strings.Join(lines[:710], "\r\n")), "baseline", "score", "-")
	if !strings.HasPrefix(whole, part) {
		t.Error("the beginning of a file is scored in another way than the whole file's")
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte(strings.Join(lines, "\n"))); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "metric.csv.gz")
	if err := os.WriteFile(file, packed.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if honeymoat(t, nil, "baseline", "score", file) != whole {
		t.Error("a compressed file is scored in another way")
	}
}

// TestScoreTakesTimesAsTheyCome: twice, backwards, and from another century.
func TestScoreTakesTimesAsTheyCome(t *testing.T) {
	lines := day(600, 1000)
	lines = append(lines, lines[10], lines[600], lines[600], "1970-01-01,100", "2200-01-01,100", "2026-08-10,", lines[20])
	out := strings.Split(strings.TrimSpace(honeymoat(t, strings.NewReader(strings.Join(lines, "\n")), "baseline", "score", "-")), "\n")
	if len(out) != len(lines) {
		t.Fatalf("%d rows of %d", len(out), len(lines))
	}
	for i, line := range out {
		if i > 0 && !strings.HasPrefix(line, lines[i]+",") || strings.Contains(line, "NaN") || strings.Contains(line, "Inf") {
			t.Errorf("row %d is %s, was %s", i, line, lines[i])
		}
	}
	if missing := out[len(out)-2]; missing != "2026-08-10,,,,,0,false" {
		t.Errorf("a row without a value is %s", missing)
	}
}

// TestScoreAnswersBeforeItWaits: whoever sends a row and then waits has the
// answers to those before.
func TestScoreAnswersBeforeItWaits(t *testing.T) {
	in, send := io.Pipe()
	receive, out := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- Run(t.Context(), "1.2.3", []string{"baseline", "score", "-"}, command.Surroundings{In: in, Out: out, Err: io.Discard})
	}()
	answer := make([]byte, 512)
	for sent, want := range map[string]string{"timestamp,value\n5,1\n": "timestamp,value,expected,lower,upper,score,anomalous\n5,1,,,,0,false\n"} {
		go func() { _, _ = io.WriteString(send, sent) }()
		if n, err := io.ReadFull(receive, answer[:len(want)]); err != nil || string(answer[:n]) != want {
			t.Errorf("%q, %v", answer[:n], err)
		}
	}
	if err := send.Close(); err != nil {
		t.Error(err)
	}
	if code := <-ended; code != command.ExitOK {
		t.Errorf("code %d", code)
	}
}

func TestScoreIsInterrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	in, send, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = errors.Join(in.Close(), send.Close()) }()
	var told bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- Run(ctx, "1.2.3", []string{"baseline", "score", "-"}, command.Surroundings{In: in, Out: io.Discard, Err: &told})
	}()
	if _, err := send.WriteString("timestamp,value\n5,1\n"); err != nil {
		t.Fatal(err)
	}
	interrupt()
	if code := <-ended; code != command.ExitFailed || !strings.Contains(told.String(), "interrupted") {
		t.Errorf("code %d, %s", code, &told)
	}
}

func TestNumbersReadBackAsTheyWere(t *testing.T) {
	for _, x := range []float64{0, 1, -1.5, 1678991.51666667, 0.1 + 0.2, 1e-5, 1e-7, 5e-324, 1e20, 1e21, math.MaxFloat64, 1 - 1e-16} {
		if got, err := strconv.ParseFloat(string(appendNumber(nil, x)), 64); err != nil || got != x {
			t.Errorf("%v is written as %s", x, appendNumber(nil, x))
		}
	}
	if text := appendNumber(nil, math.NaN()); len(text) > 0 {
		t.Errorf("no number is written as %s", text)
	}
	f := func(text, want string) {
		t.Helper()
		if got := string(appendText(nil, []byte(text))); got != want {
			t.Errorf("%q is written as %s", text, got)
		}
	}
	f("2026-08-01 12:00:00", "2026-08-01 12:00:00")
	f("1,5", `"1,5"`)
	f("a \"b\"\n", "\"a \"\"b\"\"\n\"")
}
