package event

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// rowsOf is what a reader can see of a batch.
func rowsOf(b *Batch) []string {
	var rows []string
	for i := range b.Rows() {
		row := ""
		for _, f := range TextFields() {
			row += fmt.Sprintf("%s=%q ", f, b.Text(f, i))
		}
		for _, f := range NumberFields() {
			row += fmt.Sprintf("%s=%d ", f, b.Number(f, i))
		}
		for _, f := range AddrFields() {
			row += fmt.Sprintf("%s=%s ", f, b.Addr(f, i))
		}
		rows = append(rows, row)
	}
	return rows
}

// randomBatch leaves out fields at random, whole columns among them.
func randomBatch(r *rand.Rand, rows int) *Batch {
	b := &Batch{Header: Header{
		Shipper: "edge-1", Source: "s", Gateway: "g", Kind: Decoy, Direction: Egress, Format: "combined",
		FormatVersion: 3, File: "00c5a0f1e2d3b4a5", Path: "/var/log/a b.log", Start: 10, End: 1 << 40,
		FirstLine: 2, NextLine: 99, Received: -5,
	}}
	likely := func(f int) bool { return r.IntN(6) > f%6 }
	for range rows {
		for _, f := range TextFields() {
			if likely(int(f)) {
				b.SetText(f, textFor(r, f))
			}
		}
		for _, f := range NumberFields() {
			if likely(int(f)) {
				b.SetNumber(f, r.Int64()-r.Int64())
			}
		}
		setAddrs(b, r, rows)
		b.EndRow()
	}
	for range r.IntN(4) {
		b.Reject(Position{Offset: r.Int64(), Line: 7}, 12, "no time", []byte("garbage\x00"))
	}
	return b
}

// textFor makes texts that are all alike, few, or nearly all different.
func textFor(r *rand.Rand, f TextField) []byte {
	return bytes.Repeat([]byte{byte(r.IntN(1 << (f % 9)))}, r.IntN(20)>>(f%3))
}

// setAddrs makes batches of IPv4 alone, of clients that are their peers, and
// of all kinds.
func setAddrs(b *Batch, r *rand.Rand, rows int) {
	peer := netip.AddrFrom4([4]byte{192, 0, 2, byte(r.Uint32())})
	if rows%3 == 0 && r.IntN(4) == 0 {
		peer = netip.MustParseAddr("2001:db8::7")
	}
	if rows%4 > 0 || r.IntN(6) > 0 {
		b.SetAddr(PeerAddress, peer)
	}
	if rows%5 > 0 && r.IntN(6) > 0 {
		peer = netip.AddrFrom4([4]byte{198, 51, 100, byte(r.Uint32())})
	}
	b.SetAddr(ClientAddress, peer)
}

func newCodec(t testing.TB) *Codec {
	t.Helper()
	c, err := NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestEncodingRoundTrip(t *testing.T) {
	c := newCodec(t)
	var got Batch
	for seed := range uint64(200) {
		want := randomBatch(rand.New(rand.NewPCG(seed, 1)), int(seed))
		if err := c.Decode(c.Append(nil, want), &got); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if diff := cmp.Diff(want.Header, got.Header); diff != "" {
			t.Fatalf("seed %d: header: %s", seed, diff)
		}
		if len(want.Rejected) != len(got.Rejected) || len(want.Rejected) > 0 && !cmp.Equal(want.Rejected, got.Rejected) {
			t.Fatalf("seed %d: rejected: %s", seed, cmp.Diff(want.Rejected, got.Rejected))
		}
		if diff := cmp.Diff(rowsOf(want), rowsOf(&got)); diff != "" {
			t.Fatalf("seed %d: rows: %s", seed, diff)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	c := newCodec(t)
	good := c.Append(nil, randomBatch(rand.New(rand.NewPCG(1, 1)), 9))
	f := func(data []byte, want error) {
		t.Helper()
		var b Batch
		if err := c.Decode(data, &b); !errors.Is(err, want) {
			t.Errorf("%.20q: %v, want %v", data, err, want)
		}
		if b.Rows() != 0 || b.File != "" {
			t.Errorf("%.20q: a refused batch is not empty", data)
		}
	}
	f(nil, ErrCorrupt)
	f([]byte("hmb"), ErrCorrupt)
	f([]byte("GET / HTTP/1.1"), ErrCorrupt)
	f(good[:len(good)/2], ErrCorrupt)
	later := append([]byte(nil), good...)
	later[3] = SchemaVersion + 1
	f(later, ErrVersion)
	later[3] = 0
	f(later, ErrVersion)
}

// A megabyte that an agent sends may not become gigabytes in the service.
func TestDecodeRefusesWhatExplodes(t *testing.T) {
	c := newCodec(t)
	for name, forge := range map[string]func(*Batch){
		"rows":     func(b *Batch) { b.rows = maxRecords + 1 },
		"rejected": func(b *Batch) { b.Rejected = make([]Rejected, maxRecords+1) },
		"path":     func(b *Batch) { b.Header.Path = strings.Repeat("x", maxHeader+1) },
		"field":    func(b *Batch) { b.SetText(Path, make([]byte, maxDecoded)); b.EndRow() },
		"dictionary": func(b *Batch) {
			for range maxRecords {
				b.SetString(UserAgent, strings.Repeat("x", 600))
				b.SetString(Referer, strings.Repeat("y", 600))
				b.EndRow()
			}
		},
	} {
		var forged, got Batch
		forge(&forged)
		if err := c.Decode(c.Append(nil, &forged), &got); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v, want ErrCorrupt", name, err)
		}
		if got.Rows() != 0 || len(got.Rejected) != 0 || got.Header != (Header{}) {
			t.Errorf("%s: a refused batch is not empty", name)
		}
	}
}

// FuzzReader feeds what lies under the compression, where a forged batch of an
// agent would have its effect.
func FuzzReader(f *testing.F) {
	for seed := range uint64(5) {
		f.Add(appendBatch(nil, randomBatch(rand.New(rand.NewPCG(seed, 2)), int(seed)*3), newDictionary()))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r := reader{data: data}
		var b Batch
		r.batch(&b)
		if r.err != nil {
			return
		}
		rowsLimit := min(b.Rows(), 100)
		for i := range rowsLimit {
			for _, f := range TextFields() {
				_ = b.Text(f, i)
			}
		}
		again := appendBatch(nil, &b, newDictionary())
		r2 := reader{data: again}
		var b2 Batch
		r2.batch(&b2)
		if r2.err != nil || b2.Rows() != b.Rows() {
			t.Fatalf("what was read cannot be written and read again: %v", r2.err)
		}
	})
}

func BenchmarkCodec(b *testing.B) {
	c := newCodec(b)
	batch := logBatch(4096)
	data := c.Append(nil, batch)
	b.Run("append", func(b *testing.B) {
		b.ReportAllocs()
		var dst []byte
		for b.Loop() {
			dst = c.Append(dst[:0], batch)
		}
		b.ReportMetric(float64(batch.Rows())*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		b.ReportMetric(float64(len(dst))/float64(batch.Rows()), "B/row")
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		var got Batch
		for b.Loop() {
			if err := c.Decode(data, &got); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(batch.Rows())*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}

// logBatch looks like a batch of an ordinary access log.
func logBatch(rows int) *Batch {
	r := rand.New(rand.NewPCG(3, 3))
	b := &Batch{Header: Header{Source: "edge", File: "00c5a0f1e2d3b4a5", Format: "combined"}}
	at := int64(0)
	for i := range rows {
		b.SetNumber(Time, 1_700_000_000_000_000_000+int64(i)*1e6)
		b.SetNumber(Offset, at)
		b.SetNumber(Line, int64(i))
		b.SetNumber(Length, 180)
		b.SetNumber(Status, []int64{200, 200, 200, 304, 404}[r.IntN(5)])
		b.SetNumber(ResponseBytes, r.Int64N(50_000))
		addr := netip.AddrFrom4([4]byte{198, 51, 100, byte(r.Uint32())})
		b.SetAddr(PeerAddress, addr)
		b.SetAddr(ClientAddress, addr)
		b.SetString(Method, "GET")
		b.SetString(Path, fmt.Sprintf("/articles/%d/comments", r.IntN(1000)))
		b.SetString(Protocol, "HTTP/1.1")
		b.SetString(UserAgent, "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")
		b.SetString(Referer, "https://www.example.com/articles")
		b.EndRow()
		at += 180
	}
	return b
}
