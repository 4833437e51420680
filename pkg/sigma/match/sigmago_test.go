package match

import (
	"net/netip"
	"strings"
	"testing"

	sigmago "github.com/bradleyjkemp/sigma-go"
	"github.com/bradleyjkemp/sigma-go/evaluator"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// theirMapping names our columns after the fields of rules.
func theirMapping() sigmago.Config {
	c := sigmago.Config{Title: "columns", FieldMappings: map[string]sigmago.FieldMapping{}}
	for i := range fields {
		for _, name := range append([]string{fields[i].Name}, fields[i].Aliases...) {
			m := sigmago.FieldMapping{}
			for _, column := range fields[i].columns {
				m.TargetNames = append(m.TargetNames, column.String())
			}
			c.FieldMappings[name] = m
		}
	}
	return c
}

// theirEvent is a row with its raw values by column; what is unknown is not
// there.
func theirEvent(b *event.Batch, row int) map[string]any {
	e := map[string]any{}
	r := record{raw: true}
	r.turn(b, row)
	for c := range columnCount {
		if n, ok := numberOf(b, row, c); ok && c.shape() == numberShape {
			e[c.String()] = n
			if n == float64(int(n)) {
				e[c.String()] = int(n)
			}
		} else if values := r.values(c); len(values) > 0 {
			e[c.String()] = string(values[0].text)
		}
	}
	return e
}

// theirs makes rules of what the other implementation has: it knows neither
// wildcards, nor null, exists, neq, cased, fieldref, keywords and parts of the
// time, and takes the flags of re for modifiers. Rules with these are left out,
// and so are unknown fields, which it compares as the text "<nil>".
func (g *generator) theirs() string {
	var b strings.Builder
	b.WriteString("title: Rule\nstatus: test\nlogsource:\n    category: webserver\ndetection:\n")
	names := []string{"s1", "s2", "t3"}[:1+g.IntN(3)]
	for _, name := range names {
		b.WriteString("    " + name + ":\n")
		for _, field := range pick(g, [][]string{{"path"}, {"cs-method", "cs-uri-query"}, {"c-useragent"}, {"sc-status", "c-uri"}, {"c-ip", "sc-bytes"}}) {
			b.WriteString(g.theirItem(field))
		}
	}
	b.WriteString("    condition: " + g.condition(names, 2) + "\n")
	return b.String()
}

func (g *generator) theirItem(field string) string {
	words := []string{"a", "B", "admin", "GET", "/etc", "20", "nikto", ".php", "192"}
	modifier, values := pick(g, []string{"", "|contains", "|contains", "|startswith", "|endswith", "|re"}), words
	switch {
	case field == "c-ip" && g.IntN(2) == 0:
		modifier, values = "|cidr", []string{"192.0.2.0/24", "10.0.0.0/8"}
	case field == "sc-bytes":
		modifier, values = pick(g, []string{"|gt", "|gte", "|lt", "|lte"}), []string{"20", "404.5"}
	case modifier == "|re":
		values = []string{"ad.in", "^/", "[0-9]{2,}", "(?i)GET|nikto", "p$"}
	}
	if g.IntN(2) == 0 {
		return "        " + field + modifier + ": " + quoted(pick(g, values)) + "\n"
	}
	if strings.HasSuffix(modifier, "with") || modifier == "|contains" && g.IntN(2) == 0 {
		modifier += "|all"
	}
	return "        " + field + modifier + ":\n            - " + quoted(pick(g, values)) + "\n            - " + quoted(pick(g, values)) + "\n"
}

// theirRow sets every column that their rules ask for.
func (g *generator) theirRow(b *event.Batch) {
	word := func() string {
		return pick(g, []string{"a", "b", "admin", "GET", "/etc", "20", "Nikto", ".php", "192.0.2.7"})
	}
	b.SetString(event.Method, pick(g, []string{"GET", "POST"}))
	b.SetString(event.Host, word())
	b.SetString(event.Path, "/"+word()+word())
	b.SetString(event.Query, word()+word())
	b.SetString(event.UserAgent, word())
	b.SetNumber(event.Status, pick(g, []int64{20, 200, 404}))
	b.SetNumber(event.ResponseBytes, pick(g, []int64{0, 20, 404, 405}))
	b.SetAddr(event.ClientAddress, netip.MustParseAddr(pick(g, []string{"192.0.2.7", "10.0.0.1"})))
	b.EndRow()
}

// On what both know, the plain evaluator says what an independent
// implementation says.
func TestPlainIsSigmaGo(t *testing.T) {
	held, asked := 0, 0
	for seed := range uint64(400) {
		g := newGenerator(seed)
		text := g.theirs()
		rule := parse(t, text)[0]
		their, err := sigmago.ParseRule([]byte(text))
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		e := evaluator.ForRule(their, evaluator.WithConfig(theirMapping()))
		var b event.Batch
		for row := range 20 {
			g.theirRow(&b)
			want, err := e.Matches(t.Context(), theirEvent(&b, row))
			if err != nil {
				t.Fatal(err)
			}
			if got := Holds(rule, &b, row, Options{Raw: true}); got != want.Match {
				t.Fatalf("seed %d, row %d: plain says %v, theirs %v\n%s\n%s", seed, row, got, want.Match, text, show(&b, row))
			}
			asked++
			if want.Match {
				held++
			}
		}
	}
	if held*20 < asked || held*4 > asked*3 {
		t.Errorf("%d of %d questions have the answer yes: the generator tells little", held, asked)
	}
}
