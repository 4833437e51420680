package event

import (
	"errors"
	"fmt"
	"testing"
)

// textsOf makes a column of so many rows with so many different texts.
func textsOf(rows, different int) *text {
	var c text
	for i := range rows {
		c.setString(i, fmt.Sprintf("text %d", i%different))
	}
	return &c
}

func TestDictionaryGivesUpWhenTextsDiffer(t *testing.T) {
	d := newDictionary()
	f := func(rows, different int, want bool) {
		t.Helper()
		if got := d.take(textsOf(rows, different)); got != want {
			t.Errorf("%d of %d rows are different: taken %v, want %v", different, rows, got, want)
		}
	}
	f(0, 1, true)
	f(1, 1, true)
	f(100, 100, true)
	f(4000, 60, true)
	f(200, 200, false)
	f(4000, 4000, false)
	f(4000, 300, false)
}

func TestDictionaryRoundTrip(t *testing.T) {
	d := newDictionary()
	for _, different := range []int{1, 2, 60} {
		want := textsOf(1000, different)
		if !d.take(want) {
			t.Fatalf("%d different texts were given up", different)
		}
		r := reader{data: d.append(nil)}
		var got text
		r.dictionary(&got, 1000)
		if r.err != nil || len(r.data) != 0 || string(got.data) != string(want.data) || len(got.ends) != 1000 {
			t.Errorf("%d different texts: %v, %d rows, %d bytes left", different, r.err, len(got.ends), len(r.data))
		}
	}
}

func TestDictionaryRefusesWhatIsForged(t *testing.T) {
	f := func(name string, data []byte) {
		t.Helper()
		r := reader{data: data}
		var c text
		r.dictionary(&c, 4)
		if !errors.Is(r.err, ErrCorrupt) || len(c.ends) != 0 {
			t.Errorf("%s: %v, %d rows", name, r.err, len(c.ends))
		}
	}
	f("nothing", nil)
	f("more rows than the batch", []byte{5, 1, 1, 'a', 0, 0, 0, 0, 0})
	f("a number beyond the texts", []byte{2, 1, 1, 'a', 0, 1})
	f("rows without texts", []byte{1, 0, 0})
	f("a text that ends too late", []byte{1, 1, 9, 'a', 0})
	f("rows that are missing", []byte{3, 1, 1, 'a', 0, 0})
}

func TestDictionaryCostsNoAllocationARow(t *testing.T) {
	d, c := newDictionary(), textsOf(4000, 60)
	d.take(c)
	if n := testing.AllocsPerRun(10, func() { d.take(c) }); n > 0 {
		t.Errorf("%v allocations for 4000 rows", n)
	}
}
