package ruletest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/honeymoat/honeymoat/pkg/sigma"
)

func parse(t *testing.T, text string) *File {
	t.Helper()
	f, mistakes := ParseFile(sigma.Source{Name: "x.test.yml", Data: []byte(text)})
	if len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	return f
}

func TestParseFile(t *testing.T) {
	f := parse(t, `tests:
  - rule: A title
    match:
      - 'one'
      - "two"
    sequences:
      - name: often
        want: silent
        repeat: {line: 'x {i}', times: 3, every: 1m30s}
`)
	test := f.Tests[0]
	got := []any{f.Format.Text, f.Source.Kind.Text, f.Source.Direction.Text, f.Time, test.Rule, test.Match, test.Sequences[0].Repeat[0].Every.String()}
	at := func(text string, line, column int) Text { return Text{text, sigma.Place{Line: line, Column: column}} }
	want := []any{"combined", "access", "ingress", "clf", at("A title", 2, 11), []Text{at("one", 4, 9), at("two", 5, 9)}, "1m30s"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestMistakes reads files that are named after their fault; what is to be
// told of each stands at its beginning.
func TestMistakes(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatal(err, "no files")
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for line := range strings.Lines(string(data)) {
			if told, ok := strings.CutPrefix(line, "# "); ok {
				want = append(want, strings.TrimSuffix(told, "\n"))
			}
		}
		_, mistakes := ParseFile(sigma.Source{Name: filepath.Base(name), Data: data})
		if diff := cmp.Diff(strings.Join(want, "\n"), mistakes.Error()); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func FuzzParseFile(f *testing.F) {
	f.Add([]byte("tests: [{match: [x], sequences: [{want: match, repeat: [{line: '{i%3+1} {time}', times: 2}]}]}]"))
	f.Add([]byte("format: nginx\npattern: '$status'\ntests: []"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, mistakes := ParseFile(sigma.Source{Name: "x.test.yml", Data: data})
		if len(mistakes) > 0 {
			return
		}
		for _, test := range file.Tests {
			for i := range test.Sequences {
				s := &test.Sequences[i]
				for r := range s.Repeat {
					s.Repeat[r].Times = min(3, s.Repeat[r].Times)
				}
				if _, err := s.expand(file.Time); err != nil {
					t.Fatalf("a sequence without a mistake: %v", err)
				}
			}
		}
	})
}
