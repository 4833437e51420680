package bus

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/bus/bustest"
	"github.com/honeymoat/honeymoat/pkg/bus/embedded"
)

// crashDir, in the environment, makes the test's program a service that
// publishes on this directory until it is killed.
const crashDir = "HONEYMOAT_TEST_CRASH_DIR"

// publishUntilKilled publishes batch after batch and writes the end of each
// to its output once it is acknowledged.
func publishUntilKilled(dir string) int {
	srv, err := embedded.New(embedded.Options{Dir: dir, Key: bustest.Key}, slog.Default())
	if err != nil {
		return 1
	}
	go func() { _ = srv.Run(context.Background()) }() // ends with the process
	<-srv.Ready()
	opts := Options{InProcess: srv}
	opts.User, opts.Password = srv.Login()
	b, err := Connect(context.Background(), opts)
	if err != nil {
		return 1
	}
	p := b.Publisher(Local)
	mark, err := p.Last(context.Background(), "web", testFile)
	for err == nil {
		start := mark.End.Offset
		mark.Sequence, err = p.Publish(context.Background(), batch(start, start+1), mark.Sequence)
		mark.End.Offset++
		if err == nil {
			fmt.Println(mark.End.Offset)
		}
	}
	return 1
}

// killAfter runs a publishing service and kills it after so many
// acknowledgements; the result is the last that was seen.
func killAfter(t *testing.T, dir string, acknowledgements int) (end int64) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), crashDir+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for n := 0; lines.Scan(); n++ {
		if _, err := fmt.Sscan(lines.Text(), &end); err != nil {
			t.Errorf("the service says %q", lines.Text())
		}
		if n == acknowledgements {
			if err := child.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	_ = child.Wait() // it was killed
	return end
}

func TestKillLosesNothingAcknowledged(t *testing.T) {
	dir := t.TempDir()
	acknowledged := int64(0)
	for _, n := range []int{10, 57, 100} {
		end := killAfter(t, dir, n)
		if end < acknowledged+int64(n) {
			t.Fatalf("after %d acknowledgements the end is %d", n, end)
		}
		acknowledged = end
	}
	w := start(t, where{dir: dir})
	mark, err := w.Publisher(Local).Last(t.Context(), "web", testFile)
	if err != nil || mark.End.Offset < acknowledged {
		t.Fatalf("end of the file %d, %v; %d was acknowledged", mark.End.Offset, err, acknowledged)
	}
	for i, s := range w.consumed(t, int(mark.End.Offset)) {
		if s.start != int64(i) {
			t.Fatalf("batch %d begins at %d", i, s.start)
		}
	}
}

func TestNothingLiesOnDiskInTheClear(t *testing.T) {
	dir := t.TempDir()
	w := start(t, where{dir: dir})
	secret := []byte("plainly-visible-secret")
	stored := blockOn("eu", "192.0.2.1")
	stored.Reason = string(secret)
	w.put(t, stored)
	if _, err := w.js.Publish(t.Context(), "lines.local.web."+testFile, secret); err != nil {
		t.Fatal(err)
	}
	if err := w.Checkpoints().Save(t.Context(), "respond", secret); err != nil {
		t.Fatal(err)
	}
	w.stop()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, secret) {
			t.Errorf("%s holds the text", path)
		}
		if filepath.Ext(path) == ".blk" {
			files++
		}
		return err
	})
	if err != nil || files == 0 {
		t.Errorf("%d files with messages read, %v", files, err)
	}
}
