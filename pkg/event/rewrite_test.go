package event

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
)

// upper rewrites what has lower-case letters.
func upper(_ int, dst, v []byte) ([]byte, bool) {
	if bytes.Equal(bytes.ToUpper(v), v) {
		return dst, false
	}
	return append(dst, bytes.ToUpper(v)...), true
}

func paths(values ...string) *Batch {
	b := &Batch{}
	for _, v := range values {
		b.SetString(Path, v)
		b.EndRow()
	}
	return b
}

func column(b *Batch, f TextField) string {
	var values []string
	for row := range b.Rows() {
		values = append(values, string(b.Text(f, row)))
	}
	return strings.Join(values, " ")
}

func TestMapText(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		b := paths(strings.Split(in, " ")...)
		b.MapText(Path, upper)
		if got := column(b, Path); got != want {
			t.Errorf("%q came out as %q, want %q", in, got, want)
		}
	}
	f("a", "A")
	f("A B C", "A B C")
	f("A b C", "A B C")
	f("a B c", "A B C")
	f("A  c", "A  C")
	f(" A b", " A B")
	f("b A ", "B A ")
}

func TestMapTextLeavesAnUnchangedColumnAlone(t *testing.T) {
	b := paths("A", "B")
	before, _ := b.TextColumn(Path)
	calls := 0
	for _, field := range []TextField{Path, Query} {
		b.MapText(field, func(_ int, dst, _ []byte) ([]byte, bool) { calls++; return dst, false })
	}
	after, _ := b.TextColumn(Path)
	if &before[0] != &after[0] || calls != 4 {
		t.Errorf("the column moved, or fn saw %d values instead of 4", calls)
	}
	if data, ends := b.TextColumn(Query); len(data)+len(ends) > 0 {
		t.Error("a column that nothing was written to takes memory")
	}
}

func TestMapTextFillsAnUnknownColumn(t *testing.T) {
	b := paths("/a", "/b", "/c")
	b.MapText(Route, func(row int, dst, v []byte) ([]byte, bool) {
		return append(dst, 'r'), row == 1
	})
	if got := column(b, Route); got != " r " {
		t.Errorf("routes %q", got)
	}
	b.SetString(Route, "later")
	b.EndRow()
	if got := column(b, Route); got != " r  later" {
		t.Errorf("routes %q after another row", got)
	}
}

// TestMapTextIsRowByRow compares random columns with a rewriting of strings.
func TestMapTextIsRowByRow(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var b Batch
	for range 300 {
		b.Reset()
		var want []string
		for range random.IntN(20) {
			v := strings.Repeat(string("aB"[random.IntN(2)]), random.IntN(4))
			if random.IntN(5) > 0 {
				b.SetString(Path, v)
				want = append(want, strings.ToUpper(v))
			} else {
				want = append(want, "")
			}
			b.EndRow()
		}
		b.MapText(Path, upper)
		if got := column(&b, Path); got != strings.Join(want, " ") {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
}

func TestMapTextDoesNotAllocate(t *testing.T) {
	var b Batch
	fill := func() {
		b.Reset()
		for row := range 100 {
			b.SetString(Path, fmt.Sprint("/PATH"[:row%5]))
			b.SetString(Query, "q")
			b.EndRow()
		}
	}
	shout := func(_ int, dst, v []byte) ([]byte, bool) { return append(dst, "!!"...), true }
	for range 3 {
		fill()
		b.MapText(Path, shout)
		b.MapText(Query, shout)
	}
	if n := testing.AllocsPerRun(20, func() {
		b.MapText(Path, shout)
		b.MapText(Query, shout)
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestMapAddr(t *testing.T) {
	var b Batch
	b.EndRow()
	b.SetAddr(ClientAddress, netip.MustParseAddr("192.0.2.7"))
	b.EndRow()
	calls := 0
	b.MapAddr(ClientAddress, func(Addr) Addr { calls++; return AddrFrom(netip.MustParseAddr("192.0.2.0")) })
	if got := b.Addr(ClientAddress, 1).String(); got != "192.0.2.0" || calls != 1 || b.Addr(ClientAddress, 0).IsValid() {
		t.Errorf("address %s after %d calls", got, calls)
	}
}

func TestSetTextColumn(t *testing.T) {
	from, to := paths("a", "", "ccc"), paths("x", "y", "z")
	data, ends := from.TextColumn(Path)
	to.SetTextColumn(Path, data, ends)
	to.SetTextColumn(Route, data, ends)
	from.MapText(Path, upper)
	if got := column(to, Path) + "|" + column(to, Route); got != "a  ccc|a  ccc" {
		t.Errorf("the columns are %q", got)
	}
	to.SetTextColumn(Path, nil, nil)
	if got := column(to, Path); got != "  " {
		t.Errorf("a column of nothing is %q", got)
	}
}
