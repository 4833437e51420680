package store

import (
	"bytes"
	"fmt"
	"testing"
)

// columnOf gives the ends of strings that lie back to back.
func columnOf(texts ...string) (data []byte, ends []uint32) {
	for _, s := range texts {
		data = append(data, s...)
		ends = append(ends, uint32(len(data)))
	}
	return data, ends
}

// textsOf reads a column back.
func textsOf(c *dictColumn) []string {
	var texts []string
	for i := 0; i < len(c.numbers.data); i += 1 << c.numbers.width {
		texts = append(texts, string(c.dict.text(c.numbers.at(i))))
	}
	return texts
}

func TestDictionaryKeepsEachTextOnce(t *testing.T) {
	c := newDictColumn("method")
	c.add(2, []byte("GETPOSTGET"), []uint32{3, 3, 7, 10})
	c.repeat(6, "PUT", 2)
	c.fill(9)
	want := []string{"", "", "GET", "", "POST", "GET", "PUT", "PUT", ""}
	if got := textsOf(c); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if n := len(c.dict.texts); n != 4 {
		t.Errorf("%d different texts, want 4", n)
	}
}

// TestDictionaryWidens has so many texts that their numbers need one byte,
// then two, then four.
func TestDictionaryWidens(t *testing.T) {
	for _, different := range []int{2, 255, 256, 257, 65_535, 65_536, 70_000} {
		var texts []string
		for i := range different {
			texts = append(texts, fmt.Sprintf("agent %d", i))
		}
		c := newDictColumn("user_agent")
		for range 2 { // the second time after reset, in memory that was used
			c.reset()
			data, ends := columnOf(texts...)
			c.add(0, data, ends)
			c.repeat(different, "agent 1", 3)
			got := textsOf(c)
			if len(got) != different+3 {
				t.Fatalf("%d texts: %d rows", different, len(got))
			}
			for i, want := range texts {
				if got[i] != want {
					t.Fatalf("%d texts: row %d is %q", different, i, got[i])
				}
			}
			if got[different+2] != "agent 1" {
				t.Errorf("%d texts: the last row is %q", different, got[different+2])
			}
		}
	}
}

func TestDictionaryCostsNoAllocationARow(t *testing.T) {
	data := bytes.Repeat([]byte("GETPOST"), 500)
	var ends []uint32
	for i := range uint32(500) {
		ends = append(ends, 7*i+3, 7*i+7)
	}
	c := newDictColumn("method")
	c.add(0, data, ends) // makes the column as large as it will be
	allocations := testing.AllocsPerRun(10, func() {
		c.reset()
		c.add(0, data, ends)
	})
	if allocations > 0 {
		t.Errorf("%v allocations for %d rows", allocations, len(ends))
	}
}
