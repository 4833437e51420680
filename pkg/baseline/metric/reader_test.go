package metric

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/honeymoat/honeymoat/pkg/mistake"
)

// readAll gives "time|value|texts" of each row, or the error.
func readAll(text string, o Options) ([]string, error) {
	r, err := NewReader(iotest.OneByteReader(strings.NewReader(text)), o)
	if err != nil {
		return nil, err
	}
	var rows []string
	for row := (Row{}); ; {
		if err := r.Next(&row); err == io.EOF {
			return rows, nil
		} else if err != nil {
			return rows, err
		}
		value := fmt.Sprint(row.Value)
		if row.Missing() {
			value = "missing"
		}
		rows = append(rows, fmt.Sprintf("%d %d %s %s %s", row.Line, row.Time/1e9, value, row.TimeText, row.ValueText))
	}
}

func defaults() Options { return Options{File: "cpu.csv", Time: "timestamp", Value: "value"} }

func TestReadsWhatSystemsExport(t *testing.T) {
	f := func(text string, want ...string) {
		t.Helper()
		got, err := readAll(text, defaults())
		if err != nil || strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%q:\n%s\nwant\n%s\n%v", text, strings.Join(got, "\n"), strings.Join(want, "\n"), err)
		}
	}
	f("timestamp,value\n5,1\n6,2\n", "2 5 1 5 1", "3 6 2 6 2")
	f("timestamp,value\r\n5,1\r\n6,2", "2 5 1 5 1", "3 6 2 6 2")
	f("\xef\xbb\xbftimestamp,value\n5,1\n", "2 5 1 5 1")
	f("\xef\xbb\xbf\"timestamp\",\"value\"\n\"5\",\"1\"\n", "2 5 1 5 1")
	f("TimeStamp,Value,Label\n\"5\",1,0\n", "2 5 1 5 1")
	f("value, timestamp\n1, 5\n", "2 5 1  5 1")
	f("TIMESTAMP,timestamp,value\n1,5,2\n", "2 5 2 5 2")
	f("timestamp;host;value\n5;a,b;1,5\n6;a;1.5\n", "2 5 1.5 5 1,5", "3 6 1.5 6 1.5")
	f("timestamp\tvalue\n5\t1\n", "2 5 1 5 1")
	f("timestamp|value\n5|1\n", "2 5 1 5 1")
	f("timestamp,note,value\n5,\"a \"\"b\"\", c\nd\",1\n6,,2\n", "2 5 1 5 1", "4 6 2 6 2")
	f("timestamp,value\n\n5,1\n\n\n6,2\n\n", "3 5 1 5 1", "6 6 2 6 2")
	f("timestamp,value\n5,\n6,NaN\n7\n8,null\n9,-\n10,inf\n11,1e999\n",
		"2 5 missing 5 ", "3 6 missing 6 NaN", "4 7 missing 7 ", "5 8 missing 8 null", "6 9 missing 9 -", "7 10 missing 10 inf", "8 11 missing 11 1e999")
	f("timestamp,value\n5,-1.5e3\n6,.5\n", "2 5 -1500 5 -1.5e3", "3 6 0.5 6 .5")
	f("timestamp,value\n")
	f("timestamp,value")
}

func TestSaysWhereItIsWrong(t *testing.T) {
	f := func(text string, o Options, want ...string) {
		t.Helper()
		_, err := readAll(text, o)
		var m mistake.Mistake
		if !errors.As(err, &m) || m.File != o.File {
			t.Fatalf("%q: %v", text, err)
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%q: %v, want %q", text, err, w)
			}
		}
	}
	f("", defaults(), "cpu.csv", "is empty")
	f("time,value\n1,2\n", defaults(), "cpu.csv:1", `no column "timestamp"`, "columns: time, value")
	f("timestmp,value\n1,2\n", defaults(), "did you mean timestmp?")
	f("timestamp;val\n1;2\n", defaults(), `no column "value"`, "columns: timestamp, val")
	f("2014-01-01 00:00:00,5\n", defaults(), `no column "timestamp"`, "columns: 2014-01-01 00:00:00, 5")
	f("a\x1b[31m,\xff\n", defaults(), `columns: "a\x1b[31m", "\xff"`)
	f("timestamp,value\n5,1\nsoon,2\n", defaults(), "cpu.csv:3:1:", `column timestamp has "soon"`, "columns: timestamp, value", "Unix")
	f("timestamp,value\n,1\n", defaults(), "column timestamp has nothing")
	f("timestamp,value\n5,a lot\n", defaults(), "cpu.csv:2:3:", `column value has "a lot"`)
	f("timestamp,value\n5,1,5\n6,\"1,5\"\n", defaults(), "cpu.csv:3", `"1,5"`)
	f("timestamp,value\n5,"+strings.Repeat("x", 100)+"\n", defaults(), strings.Repeat("x", 40)+`"…`)
	f("timestamp,value\n5,\"1\n6,2\n", defaults(), "cpu.csv:2", "a quote is not closed")
	f("timestamp,value\n5,\"1\"2\n", defaults(), "text follows a closing quote")
	f("timestamp,value\n5,"+strings.Repeat("1", longestLine)+"\n", defaults(), "longer than")
	f("timestamp,value\n5,\""+strings.Repeat("1\n", longestLine)+"\n", defaults(), "cpu.csv:2", "longer than")
	f("\xff\xfet\x00i\x00m\x00e\x00\n\x00", defaults(), "is not CSV in UTF-8")
}

func TestAStreamThatBreaksIsNoMistake(t *testing.T) {
	_, err := NewReader(iotest.ErrReader(errors.New("away")), defaults())
	if err == nil || errors.As(err, new(mistake.Mistake)) || !strings.Contains(err.Error(), "read cpu.csv: away") {
		t.Errorf("%v", err)
	}
	r, err := NewReader(io.MultiReader(strings.NewReader("timestamp,value\n5,1\n"), iotest.ErrReader(errors.New("away"))), defaults())
	if err != nil {
		t.Fatal(err)
	}
	var row Row
	if err := r.Next(&row); err != nil || row.Time != 5e9 {
		t.Errorf("%v, %v", row, err)
	}
	if err := r.Next(&row); err == nil || !strings.Contains(err.Error(), "away") {
		t.Errorf("%v", err)
	}
}

func TestOtherColumns(t *testing.T) {
	r, err := NewReader(strings.NewReader("timestamp,value,Label\n5,1,yes\n6,2\n"), defaults())
	if err != nil {
		t.Fatal(err)
	}
	label, ok := r.Column("label")
	if _, none := r.Column("other"); !ok || none || len(r.Columns()) != 3 {
		t.Errorf("%v %v", r.Columns(), label)
	}
	var row Row
	if err := r.Next(&row); err != nil || string(r.Field(label)) != "yes" {
		t.Errorf("%q, %v", r.Field(label), err)
	}
	if err := r.Next(&row); err != nil || r.Field(label) != nil {
		t.Errorf("%q, %v", r.Field(label), err)
	}
}

func TestReadingAllocatesNothing(t *testing.T) {
	text := "timestamp,value\n" + strings.Repeat("\"2026-08-01T12:00:00Z\",-12.5\n2026-08-01 12:00:00,nan\n1785585600,7\n", 400)
	r, err := NewReader(strings.NewReader(text), defaults())
	if err != nil {
		t.Fatal(err)
	}
	var row Row
	if n := testing.AllocsPerRun(1000, func() {
		if err := r.Next(&row); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations a row", n)
	}
}

func FuzzReader(f *testing.F) {
	f.Add("timestamp,value\n5,1\n")
	f.Add("timestamp;value\n\"2026-08-01 12:00:00\";1,5\n")
	f.Add("\xef\xbb\xbf\"value\",\"timestamp\"\r\n\"a\"\"b\n\",5\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := readAll(text, defaults())
		if err != nil && !errors.As(err, new(mistake.Mistake)) {
			t.Errorf("%q: %v", text, err)
		}
		if len(rows) > strings.Count(text, "\n") {
			t.Errorf("%d rows of %q", len(rows), text)
		}
	})
}

func TestFiniteOrMissing(t *testing.T) {
	for _, text := range []string{"1e999", "-1e999", "Infinity", "-inf", "nan", "NA", "n/a", "none", "NULL", " "} {
		if x, ok := parseValue([]byte(text), 0); !ok || !math.IsNaN(x) {
			t.Errorf("%q: %v %v", text, x, ok)
		}
	}
}
