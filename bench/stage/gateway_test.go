package stage

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFillWantsEveryPlace(t *testing.T) {
	from, to := filepath.Join(t.TempDir(), "from"), filepath.Join(t.TempDir(), "to")
	if err := os.WriteFile(from, []byte("listen here; log here; go there"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := fill(from, to, map[string]string{"here": "x", "there": "y"}); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(to); err != nil || string(got) != "listen x; log x; go y" {
		t.Errorf("%s, %v", got, err)
	}
	if err := fill(from, to, map[string]string{"elsewhere": "z"}); err == nil || !strings.Contains(err.Error(), "elsewhere") {
		t.Errorf("a place that is not there: %v", err)
	}
}
