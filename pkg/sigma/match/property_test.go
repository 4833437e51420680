package match

import (
	"fmt"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/sigma"
)

// A trial is a set of generated rules with batches.
type trial struct {
	text  []string // of the rules
	rules []*sigma.Rule
	batch []*event.Batch
}

func newTrial(t testing.TB, seed uint64) trial {
	g := newGenerator(seed)
	var tr trial
	for range 12 {
		text := g.rule()
		tr.text = append(tr.text, text)
		tr.rules = append(tr.rules, parse(t, text)...)
	}
	for range 3 {
		var b event.Batch
		g.fill(&b, 40)
		tr.batch = append(tr.batch, &b)
	}
	return tr
}

// The program says what the plain evaluator says, of every rule and row,
// whatever it was asked before, and looks at no less than what holds.
func TestProgramIsPlain(t *testing.T) {
	held, asked := 0, 0
	for seed := range uint64(60) {
		tr := newTrial(t, seed)
		o := Options{Raw: seed%4 == 0}
		s := Compile(tr.rules, o).Scanner()
		for _, b := range append(tr.batch, tr.batch...) {
			got := map[[2]int]bool{}
			for _, h := range hits(s, b) {
				got[h] = true
			}
			for row := range b.Rows() {
				for i, r := range tr.rules {
					want := Holds(r, b, row, o)
					if got[[2]int{row, i}] != want {
						t.Fatalf("seed %d, row %d: the program says %v, plain %v\n%s\n%s", seed, row, !want, want, tr.text[i], show(b, row))
					}
					asked++
					if want {
						held++
						candidate(t, s, b, row, i)
					}
				}
			}
		}
	}
	if held*50 < asked || held*2 > asked {
		t.Errorf("%d of %d questions have the answer yes: the generator tells little", held, asked)
	}
}

// candidate fails when a rule that holds is not even looked at.
func candidate(t *testing.T, s *Scanner, b *event.Batch, row, rule int) {
	t.Helper()
	s.begin(b)
	s.turn(b, row)
	s.sift()
	if !s.candidates.has(rule) {
		t.Fatalf("row %d: rule %d holds, and is no candidate", row, rule)
	}
}

// show writes a row for people.
func show(b *event.Batch, row int) string {
	var r record
	r.turn(b, row)
	s := fmt.Sprintf("%v %v\n", b.Kind, b.Direction)
	for c := range columnCount {
		for _, v := range r.values(c) {
			s += fmt.Sprintf("%v: %q\n", c, v.text)
		}
	}
	return s
}
