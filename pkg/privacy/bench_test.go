package privacy

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// traffic fills a batch like the log that bench generates; of a hundred rows
// so many hold a secret.
func traffic(b *event.Batch, rows, secrets int) {
	random := rand.New(rand.NewPCG(20, 26))
	referers := []string{"", "https://shop.example.net/", "https://shop.example.net/shop/category/shoes", "https://search.example.org/?q=running+shoes"}
	systems := []string{"X11; Linux x86_64", "Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "iPhone; CPU iPhone OS 17_5 like Mac OS X"}
	b.Reset()
	for range rows {
		id := random.IntN(100_000)
		switch random.IntN(6) {
		case 0:
			b.SetString(event.Path, fmt.Sprintf("/api/v1/orders/%d/items", id))
		case 1:
			b.SetString(event.Path, "/api/v1/products")
			b.SetString(event.Query, fmt.Sprintf("page=%d&sort=price&currency=EUR", id%50))
		case 2:
			b.SetString(event.Path, fmt.Sprintf("/static/js/chunk-%x.js", id%300))
		case 3:
			b.SetString(event.Path, fmt.Sprintf("/images/product/%d/large.webp", id))
		case 4:
			b.SetString(event.Path, "/api/v1/session")
		default:
			b.SetString(event.Path, fmt.Sprintf("/shop/category/shoes/item-%d", id))
		}
		if random.IntN(100) < secrets {
			b.SetString(event.Query, plants[random.IntN(len(plants))].text)
		}
		b.SetString(event.Referer, referers[random.IntN(len(referers))])
		b.SetString(event.UserAgent, fmt.Sprintf("Mozilla/5.0 (%s) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36",
			systems[random.IntN(len(systems))], 110+random.IntN(24)))
		b.EndRow()
	}
}

// BenchmarkBatch tells nanoseconds a row.
func BenchmarkBatch(b *testing.B) {
	const rows = 1000
	m := masker(b, Options{})
	for _, secrets := range []int{0, 5, 100} {
		b.Run(fmt.Sprintf("secrets=%d%%", secrets), func(b *testing.B) {
			var fresh, work event.Batch
			traffic(&fresh, rows, secrets)
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				copyTexts(&work, &fresh)
				b.StartTimer()
				m.Batch(&work)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
		})
	}
}

func copyTexts(to, from *event.Batch) {
	to.Reset()
	for row := range from.Rows() {
		for _, f := range event.TextFields() {
			to.SetText(f, from.Text(f, row))
		}
		to.EndRow()
	}
}

// BenchmarkAppend tells bytes a second of single texts.
func BenchmarkAppend(b *testing.B) {
	m := masker(b, Options{})
	for _, c := range []struct{ name, text string }{
		{"nothing", strings.Repeat("/shop/category/shoes/running", 40)},
		{"path", "/api/v1/orders/48650/items"},
		{"query", "page=17&sort=price&currency=EUR"},
		{"agent", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"},
		{"token", "page=17&access_token=abcdefghijklmnop&currency=EUR"},
		{"attack", "password=hunter2%27%20UNION%20SELECT%20null,version()%20FROM%20users--"},
	} {
		b.Run(c.name, func(b *testing.B) {
			text, out := []byte(c.text), make([]byte, 0, 4096)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				var kinds Kinds
				m.Append(out, text, &kinds)
			}
		})
	}
}

func BenchmarkHash(b *testing.B) {
	h := Keyring{}.Rotate(day(1), [32]byte{1}).Hasher()
	out := make([]byte, 0, 64)
	for _, distinct := range []int{10, 100_000} {
		values := make([][]byte, distinct)
		for i := range values {
			values[i] = fmt.Appendf(nil, "user-%d", i)
		}
		b.Run(fmt.Sprint(distinct), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				h.AppendHash(out, "user", values[i%distinct])
			}
		})
	}
}
