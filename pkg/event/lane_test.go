package event

import "testing"

func TestLaneTravelsAndDecidesTheOrder(t *testing.T) {
	c := newCodec(t)
	f := func(lane, order string) {
		t.Helper()
		b := &Batch{Header: Header{Source: "s", File: "00c5a0f1e2d3b4a5", Lane: lane, Start: 1, End: 2}}
		b.SetString(Path, "/a")
		b.EndRow()
		data := c.Append(nil, b)
		var got Batch
		if err := c.Decode(data, &got); err != nil {
			t.Fatal(err)
		}
		if got.Header != b.Header || got.Order() != order || got.Rows() != 1 {
			t.Errorf("lane %q: %+v in the order of %s", lane, got.Header, got.Order())
		}
	}
	f("", "00c5a0f1e2d3b4a5")
	f("00000000000000ff", "00000000000000ff")
}
