package match

import (
	"net/netip"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// request is a row of a test's batch; what is empty stays unknown.
type request struct {
	method, host, path, query, protocol, agent, referer, user, forwarded string
	status, bytes                                                        int64 // 0 is unknown
	client                                                               string
	at                                                                   int64 // seconds
}

func (q request) add(b *event.Batch) {
	for f, v := range map[event.TextField]string{
		event.Method: q.method, event.Host: q.host, event.Path: q.path, event.Query: q.query, event.Protocol: q.protocol,
		event.UserAgent: q.agent, event.Referer: q.referer, event.User: q.user, event.ForwardedFor: q.forwarded,
	} {
		b.SetString(f, v)
	}
	if q.status != 0 {
		b.SetNumber(event.Status, q.status)
	}
	if q.bytes != 0 {
		b.SetNumber(event.ResponseBytes, q.bytes)
	}
	if q.client != "" {
		b.SetAddr(event.ClientAddress, netip.MustParseAddr(q.client))
	}
	if q.at != 0 {
		b.SetNumber(event.Time, q.at*1e9)
	}
	b.EndRow()
}

func batchOf(requests ...request) *event.Batch {
	var b event.Batch
	for _, q := range requests {
		q.add(&b)
	}
	return &b
}

// parse reads rules, all of which have to be right.
func parse(t testing.TB, text string) []*sigma.Rule {
	t.Helper()
	c, mistakes := sigma.Parse(sigma.Options{}, sigma.Source{Name: "test.yml", Data: []byte(text)})
	if len(mistakes) > 0 {
		t.Fatalf("%v in\n%s", mistakes, text)
	}
	return c.Rules
}

// ruleOf writes a rule around a detection.
func ruleOf(detection string) string {
	return "title: A rule\nstatus: test\nlogsource:\n    category: webserver\ndetection:\n" + detection
}

// hits runs a program over a whole batch.
func hits(s *Scanner, b *event.Batch) [][2]int {
	var got [][2]int
	s.Scan(b, 0, b.Rows(), func(row, rule int) { got = append(got, [2]int{row, rule}) })
	return got
}

func skippedRules(p *Program) (rules []*sigma.Rule) {
	for _, s := range p.Skipped() {
		rules = append(rules, s.Rule)
	}
	return rules
}
