package payload

import (
	"strings"
	"testing"
)

func BenchmarkBenign(b *testing.B) {
	f := func(name, v string, find func(*Analyser, []byte) Kinds) {
		b.Run(name, func(b *testing.B) {
			var a Analyser
			in := []byte(v)
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			for b.Loop() {
				if find(&a, in) != 0 {
					b.Fatal("found something")
				}
			}
		})
	}
	f("path", "/api/v1/customers/18273645/orders/550e8400-e29b-41d4-a716-446655440000", (*Analyser).Path)
	f("query", "page=3&limit=50&sort=created_at&filter=open&q=blue%20shoes&session=8f14e45fceea167a5a36dedd4bea2543", (*Analyser).Query)
	f("user agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36", (*Analyser).Header)
	f("referer", "https://www.example.com/shop/shoes/blue?page=2", (*Analyser).Header)
	f("long value", strings.Repeat("abcdefgh", 512), (*Analyser).Value)
}

func BenchmarkSuspicious(b *testing.B) {
	f := func(name, v string) {
		b.Run(name, func(b *testing.B) {
			var a Analyser
			in := []byte(v)
			b.ReportAllocs()
			for b.Loop() {
				a.Value(in)
			}
		})
	}
	f("name", "O'Brien")
	f("prose", "what's the time (in Berlin); and where?")
	f("sql", "1' union select null,password from users--")
	f("xss", "<img src=x onerror=alert(1)>")
	f("traversal", "../../../../etc/passwd")
	f("json", `{"filter":{"name":"John","age":5},"sort":["a","b"]}`)
}
