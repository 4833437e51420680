package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// written is a block as inserts have it: a dictionary, strings, and numbers.
func written(t testing.TB, rows int) []byte {
	t.Helper()
	dict, text, number := newDictColumn("dict"), newTextColumn("text"), newIntColumn("number", int64Type)
	for i := range rows {
		dict.repeat(i, fmt.Sprint("value ", i%300), 1)
		text.one(i, strings.Repeat("x", i*7%900)+"/")
		number.repeat(i, int64(i)-3, 1)
	}
	var b body
	appendBlock(&b, []column{dict, text, number}, rows)
	data, err := io.ReadAll(b.reader())
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func writtenColumns() []nativeColumn {
	return []nativeColumn{{"dict", false}, {"text", false}, {"number", true}}
}

func TestBlocksAreReadAsTheyAreWritten(t *testing.T) {
	const rows = 5000
	r := newNativeReader(bytes.NewReader(bytes.Join([][]byte{written(t, rows), written(t, 3)}, nil)))
	b := newNativeBlock(writtenColumns())
	for _, want := range []int{rows, 3} {
		if err := r.next(b); err != nil || b.rows != want {
			t.Fatalf("%d rows, %v", b.rows, err)
		}
		for i := range want {
			if string(b.texts[0].at(i)) != fmt.Sprint("value ", i%300) || len(b.texts[1].at(i)) != i*7%900+1 || b.numbers[2][i] != int64(i)-3 {
				t.Fatalf("row %d of %d: %q, %q, %d", i, want, b.texts[0].at(i), b.texts[1].at(i), b.numbers[2][i])
			}
		}
	}
	if err := r.next(b); !errors.Is(err, io.EOF) {
		t.Errorf("after the last block: %v", err)
	}
}

func TestBrokenBlocks(t *testing.T) {
	data := written(t, 50)
	for end := 1; end < len(data); end++ {
		if err := newNativeReader(bytes.NewReader(data[:end])).next(newNativeBlock(writtenColumns())); err == nil || errors.Is(err, io.EOF) {
			t.Fatalf("cut after %d bytes: %v", end, err)
		}
	}
	f := func(columns ...nativeColumn) {
		t.Helper()
		if err := newNativeReader(bytes.NewReader(data)).next(newNativeBlock(columns)); !errors.Is(err, errBlock) {
			t.Errorf("read as %v: %v", columns, err)
		}
	}
	f(nativeColumn{"dict", false}, nativeColumn{"text", false})
	f(nativeColumn{"dict", false}, nativeColumn{"other", false}, nativeColumn{"number", true})
	f(nativeColumn{"dict", true}, nativeColumn{"text", false}, nativeColumn{"number", true})
	f(nativeColumn{"dict", false}, nativeColumn{"text", false}, nativeColumn{"number", false})
}

func FuzzNativeReader(f *testing.F) {
	f.Add(written(f, 0))
	f.Add(written(f, 5))
	f.Add(written(f, 300))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, b := newNativeReader(bytes.NewReader(data)), newNativeBlock(writtenColumns())
		for r.next(b) == nil {
			for i := range b.rows {
				_, _, _ = b.texts[0].at(i), b.texts[1].at(i), b.numbers[2][i]
			}
		}
	})
}

func TestFlagsAreReadByTheirNames(t *testing.T) {
	var m flagsMemo
	f := func(text string, want event.Flags) {
		t.Helper()
		if got := m.parse([]byte(text)); got != want {
			t.Errorf("%q is %v, want %v", text, got.Names(), want.Names())
		}
	}
	f("no_bytes", event.NoBytes)
	f("no_bytes,bad_forwarded", event.NoBytes|event.BadForwarded)
	f("of_a_later_version,bad_request", event.BadRequest)
	f("", 0)
}
