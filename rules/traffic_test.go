package rules_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/detect"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// dayOne is when the made-up traffic begins, a Monday at midnight.
var dayOne = time.Date(2025, 10, 6, 0, 0, 0, 0, time.UTC)

const (
	chrome  = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
	firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
	safari  = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
	site    = "https://shop.example.com"
)

// client is who asks.
type client struct{ addr, user, agent string }

// request is what it asks for and what it gets; empty parts have a default.
type request struct {
	method, target, referer string
	status, size            int
}

// traffic is a log in the making. Its randomness has a fixed seed.
type traffic struct {
	rng   *rand.Rand
	lines []timed
}

type timed struct {
	at   time.Time
	text string
}

func newTraffic() *traffic { return &traffic{rng: rand.New(rand.NewPCG(4, 2026))} }

// ask writes a line of the combined format.
func (t *traffic) ask(at time.Time, c client, r request) {
	orElse := func(v *string, other string) {
		if *v == "" {
			*v = other
		}
	}
	orElse(&c.user, "-")
	orElse(&c.agent, "-")
	orElse(&r.method, "GET")
	orElse(&r.referer, "-")
	if r.status == 0 {
		r.status = 200
	}
	if r.size == 0 {
		r.size = 500 + t.rng.IntN(4000)
	}
	t.lines = append(t.lines, timed{at, fmt.Sprintf("%s - %s [%s] \"%s %s HTTP/1.1\" %d %d \"%s\" \"%s\"\n",
		c.addr, c.user, at.Format("02/Jan/2006:15:04:05 -0700"), r.method, r.target, r.status, r.size, r.referer, c.agent)})
}

// every does something at even times, with a little jitter, and counts.
func (t *traffic) every(from time.Time, step, whole time.Duration, do func(i int, at time.Time)) {
	for i := 0; time.Duration(i)*step < whole; i++ {
		do(i, from.Add(time.Duration(i)*step+time.Duration(t.rng.Int64N(int64(step)/10+1))))
	}
}

// oneOf picks a value.
func oneOf[T any](t *traffic, values ...T) T { return values[t.rng.IntN(len(values))] }

// findings runs the lines, by their times, through a parser and a detector
// with the shipped rules.
func (t *traffic) findings(tb testing.TB) []finding.Finding {
	tb.Helper()
	slices.SortStableFunc(t.lines, func(a, b timed) int { return a.at.Compare(b.at) })
	var text []byte
	for _, l := range t.lines {
		text = append(text, l.text...)
	}
	return findingsIn(tb, text)
}

// findingsIn is what the shipped rules find in lines of the combined format.
func findingsIn(tb testing.TB, text []byte) []finding.Finding {
	tb.Helper()
	set := shipped(tb)
	detector := detect.New(detect.Options{Rulebook: detect.NewRulebook(set.Collection, detect.RulebookOptions{}), Finished: true})
	reader, err := accesslog.NewReader(accesslog.Options{Format: "combined"})
	if err != nil {
		tb.Fatal(err)
	}
	var found []finding.Finding
	var out detect.Result
	at := event.Position{Line: 1}
	for at.Offset < int64(len(text)) {
		b := &event.Batch{Header: event.Header{Source: "made-up", File: "made-up"}}
		at = reader.ReadChunk(text[at.Offset:], at, b)
		if len(b.Rejected) > 0 {
			tb.Fatalf("line %d cannot be read: %s: %s", b.Rejected[0].Line, b.Rejected[0].Reason, b.Rejected[0].Excerpt)
		}
		detector.Detect(b, &out)
		found = append(found, out.Findings...)
		out.Reset()
	}
	detector.Finish(&out)
	return append(found, out.Findings...)
}
