package tailer

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestAFileUnderAnotherNameIsAnnouncedUnderIt(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	real, link := filepath.Join(dir, "real.log"), filepath.Join(dir, "link.log")
	told := make(chan string, 64)
	h, err := newHub(func(path string, _ bool) { told <- path })
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	write := func() {
		if err := os.WriteFile(real, []byte("a line\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write()
	if err := os.Symlink(real, link); err != nil {
		t.Fatal(err)
	}
	h.watch([]string{real})
	h.watch([]string{link})
	deadline := time.After(time.Minute)
	write()
	for {
		select {
		case path := <-told:
			if path == link {
				return
			}
		case <-deadline:
			t.Fatal("nothing is announced under the new name")
		}
	}
}
