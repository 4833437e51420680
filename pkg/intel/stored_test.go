package intel

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, plain("list"))
		b.site.text("/list", "192.0.2.1\n198.51.100.7\n")
		b.has("192.0.2.1")
		b.stop()
		own := filepath.Join(t.TempDir(), "own.txt")
		if err := os.WriteFile(own, []byte("192.0.2.2\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		set, err := Stored([]Feed{plain("list"), {Name: "own", File: own}, plain("never")}, b.dir, nil, time.Now())
		if set.Len() != 3 || err == nil || !strings.Contains(err.Error(), "threat feed never: it was not fetched yet") {
			t.Errorf("%d indicators, %v", set.Len(), err)
		}
	})
}
