package match

import (
	"testing"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// FuzzProgramIsPlain takes any text for rules and any text for log lines.
func FuzzProgramIsPlain(f *testing.F) {
	line := `192.0.2.7 - alice [10/Oct/2025:13:55:36 +0000] "GET /%2e%2e/Admin?q=1%27+or+1=1 HTTP/1.1" 404 512 "-" "Nikto/2.1 (Ä)"` + "\n"
	f.Add(asks(`path|contains: /etc/passwd`), line)
	f.Add(asks(`query|re|i: k\w+|s$`), line)
	f.Add(asks(`user_agent: "*n?k*"`), line)
	f.Add(ruleOf(explained), line)
	g := newGenerator(4)
	for range 20 {
		f.Add(g.rule(), line)
	}
	f.Fuzz(func(t *testing.T, rules, lines string) {
		c, _ := sigma.Parse(sigma.Options{}, sigma.Source{Name: "fuzz.yml", Data: []byte(rules)})
		reader, err := accesslog.NewReader(accesslog.Options{Format: "combined"})
		if err != nil {
			t.Fatal(err)
		}
		var b event.Batch
		reader.ReadChunk([]byte(lines), event.Position{}, &b)
		p := Compile(c.Rules, Options{})
		s := p.Scanner()
		for range 2 {
			got := map[[2]int]bool{}
			for _, h := range hits(s, &b) {
				got[h] = true
			}
			for row := range b.Rows() {
				for i, r := range p.Rules() {
					if want := Holds(r, &b, row, Options{}); got[[2]int{row, i}] != want {
						t.Fatalf("row %d: the program says %v, plain %v", row, !want, want)
					}
				}
			}
		}
	})
}
