package sigma

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what is refused into the fixtures")

// wantMark begins the lines at the end of a fixture that say what is refused.
const wantMark = "# refused: "

// TestRefused reads the fixtures, which are named after their fault and say
// at their end how it is told.
func TestRefused(t *testing.T) {
	files, err := filepath.Glob("testdata/refused/*.yml")
	if err != nil || len(files) < 80 {
		t.Fatalf("%d fixtures, %v", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		body, want, _ := strings.Cut(string(data), wantMark)
		name := filepath.Base(file)
		good := rule("selection:\n    a: 1\ncondition: selection\n")
		c, mistakes := Parse(Options{}, Source{name, []byte(body)}, good)
		checkInvariants(t, c)
		if last := c.Rules[len(c.Rules)-1]; last.Place.File != good.Name {
			t.Errorf("%s took a good rule with it", name)
		}
		got := ""
		for _, m := range mistakes {
			got += wantMark + strings.TrimPrefix(m.Error(), name+":") + "\n"
		}
		if *update {
			if err := os.WriteFile(file, []byte(body+got), 0o644); err != nil {
				t.Fatal(err)
			}
		} else if wantMark+want != got {
			t.Errorf("%s: is told as\n%swant\n%s", name, got, wantMark+want)
		}
	}
}
