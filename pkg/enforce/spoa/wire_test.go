package spoa

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"

	library "github.com/negasus/haproxy-spoe-go/frame"
	"github.com/negasus/haproxy-spoe-go/varint"
)

func TestVarintsAreThoseOfTheLibrary(t *testing.T) {
	f := func(n uint64) {
		t.Helper()
		var room [16]byte
		want := room[:varint.PutUvarint(room[:], n)]
		got := appendVarint(nil, n)
		r := reader{rest: string(want)}
		if back := r.varint(); !bytes.Equal(got, want) || back != n || r.bad || r.rest != "" {
			t.Errorf("%d: % x, want % x, read back as %d", n, got, want, back)
		}
	}
	for _, n := range []uint64{0, 1, 239, 240, 241, 2287, 2288, 264431, 264432, 33818863, 33818864, 1<<32 - 1, 1 << 62, 1<<64 - 1} {
		f(n)
	}
	for range 1000 {
		f(rand.Uint64() >> rand.IntN(64))
	}
}

func TestHelloOfTheLibraryIsUnderstood(t *testing.T) {
	f := library.NewFrame()
	f.Type = library.TypeHaproxyHello
	f.KV.Add("supported-versions", "2.0")
	f.KV.Add("max-frame-size", uint32(1<<14))
	f.KV.Add("capabilities", "")
	f.KV.Add("healthcheck", true)
	var b bytes.Buffer
	if _, err := f.Encode(&b); err != nil {
		t.Fatal(err)
	}
	parsed, err := parseFrame(b.String()[4:])
	if err != nil {
		t.Fatal(err)
	}
	hello, err := parseHello(parsed)
	if err != nil || hello != (greeting{frameSize: 1 << 14, check: true}) {
		t.Errorf("%+v, %v", hello, err)
	}
}

func TestTheLibraryUnderstandsQuestions(t *testing.T) {
	c := netip.MustParseAddr("2001:db8::7")
	f := library.NewFrame()
	if err := f.Read(bytes.NewReader(notifyOf(1e12, 300, arg{"client", c}, arg{"path", "/x"}, arg{"n", uint32(1e6)}, arg{"b", true}))); err != nil {
		t.Fatal(err)
	}
	if f.StreamID != 1e12 || f.FrameID != 300 || len(*f.Messages) != 1 {
		t.Fatalf("%+v", f)
	}
	kv := (*f.Messages)[0].KV
	address, _ := kv.Get("client")
	path, _ := kv.Get("path")
	n, _ := kv.Get("n")
	b, _ := kv.Get("b")
	if ip, ok := address.(net.IP); !ok || !ip.Equal(c.AsSlice()) || path != "/x" || n != uint32(1e6) || b != true {
		t.Errorf("%v %v %v %v", address, path, n, b)
	}
}

func FuzzFrames(f *testing.F) {
	f.Add(notifyOf(1, 2, client("192.0.2.7"), arg{"headers", "Host: a\r\n\r\n"}))
	f.Add(helloOf("2.0", 16380, false))
	f.Add(appendDisconnect(nil, normal))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 4 {
			return
		}
		parsed, err := parseFrame(string(data[4:]))
		if err != nil {
			return
		}
		_, _ = parseHello(parsed)
		q, err := question(parsed.body, nil)
		if err == nil && len(q.Path) > len(data) {
			t.Error("a path that was not there")
		}
	})
}

// Whatever comes over connections, others are answered.
func TestGarbageHurtsNobodyElse(t *testing.T) {
	address, _ := serve(t, newHandler(t, Options{}))
	good := dial(t, address).greeted()
	for i := range uint64(300) {
		random := rand.New(rand.NewPCG(i, 1))
		data := notifyOf(1, i, client("192.0.2.7"), arg{"path", "/x"}, arg{"headers", "a: b\r\n"})
		for range 1 + random.IntN(8) {
			data[random.IntN(len(data))] = byte(random.Uint32())
		}
		bad := dial(t, address)
		if i%2 == 0 {
			bad.greeted()
		}
		bad.send(data)
		if half, ok := bad.conn.(*net.UnixConn); ok {
			_ = half.CloseWrite()
		}
		_, _ = io.Copy(io.Discard, bad.in) // ends when the other side has closed
		if got := good.ask(i, client("192.0.2.7")); got["action"] != "deny" {
			t.Fatalf("after garbage %d: %v", i, got)
		}
	}
}

func BenchmarkQuestion(b *testing.B) {
	h := newHandler(b, Options{Decider: quick{}})
	data := notifyOf(1, 2, client("192.0.2.8"), arg{"method", "GET"}, arg{"uri", "/articles/1"}, arg{"id", "7f000001:bcde_7f000001:1f90_673fb5c8_0001:0b0a"},
		arg{"headers", "host: shop.example\r\nuser-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\naccept: */*\r\ncookie: sid=0123456789abcdef\r\n\r\n"})
	var out []byte
	b.ReportAllocs()
	for b.Loop() {
		f, err := parseFrame(string(data[4:]))
		if err == nil {
			out, err = h.answer(out[:0], &f)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
