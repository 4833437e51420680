package match

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	sigmago "github.com/bradleyjkemp/sigma-go"
	"github.com/bradleyjkemp/sigma-go/evaluator"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// The benchmarks measure rules of our own on lines of our own. A folder of
// public rules and a log in the format combined can be measured instead.
const (
	rulesVariable = "HONEYMOAT_SIGMA_RULES"
	logVariable   = "HONEYMOAT_SIGMA_LOG"
)

// benchRules are the texts of the rules to measure.
func benchRules(b *testing.B) (texts []string) {
	folder := os.Getenv(rulesVariable)
	if folder == "" {
		for i := range 150 {
			texts = append(texts, madeRule(i))
		}
		return texts
	}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".yml") {
			return err
		}
		text, err := os.ReadFile(path)
		if s := string(text); strings.Contains(s, "category: webserver") || strings.Contains(s, "category: proxy") {
			texts = append(texts, s)
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return texts
}

// madeWord is a word that nobody uses.
func madeWord(n int) string { return strings.Trim(fmt.Sprintf("%x", 2654435761*uint32(n+3)), "0") }

// madeRule writes a rule as public ones are.
func madeRule(i int) string {
	search := fmt.Sprintf("    selection:\n        cs-method: %s\n        cs-uri-query|contains:\n", [...]string{"GET", "POST"}[i%2])
	for n := range 1 + i%6 {
		search += fmt.Sprintf("            - '/%s/%s.%s'\n", madeWord(i), madeWord(i+n), [...]string{"php", "jsp", "cgi"}[n%3])
	}
	switch i % 5 {
	case 0:
		search = fmt.Sprintf("    selection:\n        c-useragent|contains:\n            - '%s/%s'\n            - 'scan%s'\n", madeWord(i), madeWord(i+1), madeWord(i))
	case 1:
		search = fmt.Sprintf("    selection:\n        - '%s{{'\n        - '=${%s'\n", madeWord(i), madeWord(i+1))
	case 2:
		search += "        sc-status: [200, 302]\n"
	case 3:
		search = fmt.Sprintf("    selection:\n        c-uri|re: '/%s/[0-9]{1,3}\\.(php|asp)\\?id='\n", madeWord(i))
	}
	return ruleOf(search + "    condition: selection\n")
}

// benchBatches are the events to measure.
func benchBatches(b *testing.B) (batches []*event.Batch) {
	lines := madeLines()
	if path := os.Getenv(logVariable); path != "" {
		lines = readLog(b, path)
	}
	reader, err := accesslog.NewReader(accesslog.Options{Format: "combined"})
	if err != nil {
		b.Fatal(err)
	}
	for at, rest := (event.Position{}), lines; len(rest) > 0; {
		batch := &event.Batch{}
		chunk := rest[:min(len(rest), 1<<19)]
		next := reader.ReadChunk(chunk, at, batch)
		if next.Offset == at.Offset {
			break
		}
		rest, at = rest[next.Offset-at.Offset:], next
		batches = append(batches, batch)
	}
	return batches
}

func readLog(b *testing.B, path string) []byte {
	file, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var r io.Reader = file
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(file); err != nil {
			b.Fatal(err)
		}
	}
	data, err := io.ReadAll(r)
	if err != nil {
		b.Fatal(err)
	}
	return data
}

// madeLines are lines of a shop: pages, pictures, an API, some of it encoded,
// and few attacks.
func madeLines() []byte {
	agents := []string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1",
		"Mozilla/5.0 (compatible; SearchBot/2.1; +http://search.example/bot.html)", "shop-app/4.{n} (Android 14)", "okhttp/4.{n}.0",
	}
	targets := []string{
		"/", "/static/js/main.{n}.js", "/images/products/{n}/large.jpg", "/api/v2/products/{n}?currency=EUR&page=3", "/basket",
		"/search?q=red%20shoes+{n}&sort=price", "/api/v2/users/{n}/orders?limit=20", "/blog/2025/10/a-longer-title-of-an-article-{n}/",
	}
	numbered := func(s string, n int) string { return strings.ReplaceAll(s, "{n}", strconv.Itoa(n)) }
	var out strings.Builder
	for i := range 20_000 {
		target := numbered(targets[i*7%len(targets)], i%5000)
		if i%500 == 0 {
			target = "/product?id=1%27%20or%20%271%27=%271&next=/" + madeWord(4) + "/" + madeWord(4) + ".php"
		}
		agent := numbered(agents[i*3%len(agents)], i%40)
		fmt.Fprintf(&out, "198.51.100.%d - - [10/Oct/2025:13:%02d:%02d +0000] \"GET %s HTTP/1.1\" %d %d \"https://shop.example/page/%d\" \"%s\"\n",
			i%250, i/60%60, i%60, target, [...]int{200, 200, 200, 304, 404}[i%5], i%9000, i%300, agent)
	}
	return []byte(out.String())
}

// coreTime is the time that the process has had a core: others use the machine
// too.
func coreTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func benchScan(b *testing.B, o Options) {
	var rules []*sigma.Rule
	for _, text := range benchRules(b) {
		c, _ := sigma.Parse(sigma.Options{}, sigma.Source{Name: "rule.yml", Data: []byte(text)})
		rules = append(rules, c.Rules...)
	}
	p := Compile(rules, o)
	batches := benchBatches(b)
	s := p.Scanner()
	rows, found := 0, 0
	b.ReportAllocs()
	start := coreTime(b)
	for i := 0; b.Loop(); i++ {
		batch := batches[i%len(batches)]
		s.Scan(batch, 0, batch.Rows(), func(int, int) { found++ })
		rows += batch.Rows()
	}
	b.ReportMetric(float64(rows)/(coreTime(b)-start).Seconds(), "events/core-s")
	b.ReportMetric(float64(found)/float64(rows)*1000, "hits/1000")
	b.ReportMetric(float64(len(p.rules)), "rules")
}

// BenchmarkScan is an operation a batch.
func BenchmarkScan(b *testing.B) { benchScan(b, Options{}) }

// BenchmarkScanRaw is without decoded forms, as other implementations have none.
func BenchmarkScanRaw(b *testing.B) { benchScan(b, Options{Raw: true}) }

// BenchmarkSigmaGo is another implementation on the same rules and events; it
// has neither keywords nor decoded forms, and is an operation an event.
func BenchmarkSigmaGo(b *testing.B) {
	var evaluators []*evaluator.RuleEvaluator
	for _, text := range benchRules(b) {
		rule, err := sigmago.ParseRule([]byte(text))
		if err != nil {
			continue
		}
		evaluators = append(evaluators, evaluator.ForRule(rule, evaluator.WithConfig(theirMapping())))
	}
	var events []map[string]any
	for _, batch := range benchBatches(b) {
		for row := range min(batch.Rows(), 500) {
			events = append(events, theirEvent(batch, row))
		}
	}
	start := coreTime(b)
	rows := 0
	for i := 0; b.Loop(); i++ {
		for _, e := range evaluators {
			_, _ = e.Matches(context.Background(), events[i%len(events)])
		}
		rows++
	}
	b.ReportMetric(float64(rows)/(coreTime(b)-start).Seconds(), "events/core-s")
	b.ReportMetric(float64(len(evaluators)), "rules")
}
