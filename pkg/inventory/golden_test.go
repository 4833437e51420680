package inventory

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/honeymoat/honeymoat/pkg/event"
)

var update = flag.Bool("update", false, "write testdata/routes.golden anew")

// TestGolden gives routes to the paths of a shop with an API, a blog and
// visitors that look for something else. A parameter in the list stands for
// sixty words.
func TestGolden(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "paths.txt"))
	if err != nil {
		t.Fatal(err)
	}
	templater := New(Options{})
	var b event.Batch
	for line := range strings.Lines(string(text)) {
		addLine(t, &b, line)
	}
	templater.Learn(&b)
	templater.NewAssigner().Assign(&b)
	var got bytes.Buffer
	last := ""
	for row := range b.Rows() {
		line := fmt.Sprintf("%d %-60s %s\n", b.Number(event.Status, row), b.Text(event.RequestID, row), b.Text(event.Route, row))
		if line != last {
			got.WriteString(line)
		}
		last = line
	}
	golden := filepath.Join("testdata", "routes.golden")
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("routes differ (go test ./pkg/inventory -run Golden -update): %s", diff)
	}
}

// addLine adds "200 /path", the path as written in RequestID.
func addLine(t *testing.T, b *event.Batch, line string) {
	t.Helper()
	var status int64
	var path string
	if _, err := fmt.Sscan(line, &status, &path); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	words := []string{""}
	if strings.Contains(path, "{") {
		words = names(60)
	}
	for _, w := range words {
		expanded := path
		if open := strings.IndexByte(path, '{'); open >= 0 {
			expanded = path[:open] + w + path[strings.IndexByte(path, '}')+1:]
		}
		b.SetString(event.RequestID, path)
		b.SetString(event.Method, "GET")
		b.SetString(event.Host, "shop.example.com")
		b.SetString(event.Path, expanded)
		b.SetNumber(event.Status, status)
		b.EndRow()
	}
}
