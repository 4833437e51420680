package decoyserver

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
)

func write(t *testing.T, l *LogFile, line string) {
	t.Helper()
	if err := l.Write([]byte(line + "\n")); err != nil {
		t.Fatal(err)
	}
}

func content(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(data)
}

func TestRotationBySize(t *testing.T) {
	l := openLog(t, LogOptions{MaxBytes: 10, Keep: 2})
	for i := range 6 {
		write(t, l, fmt.Sprintf("line %d", i)) // two fill a file
	}
	write(t, l, "line 6")
	path := l.options.Path
	got := []string{content(t, path), content(t, path+".1"), content(t, path+".2"), content(t, path+".3")}
	if want := "line 6\n|line 4\nline 5\n|line 2\nline 3\n|"; strings.Join(got, "|") != want {
		t.Errorf("%q", got)
	}
}

// Whoever touches decoys must not fill another log with what goes wrong here.
func TestRotationThatFailsIsToldSeldom(t *testing.T) {
	var told bytes.Buffer
	l := openLog(t, LogOptions{MaxBytes: 100, Keep: 1, Log: slog.New(slog.NewTextHandler(&told, nil))})
	if err := os.MkdirAll(filepath.Join(l.options.Path+".1", "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	for i := range 27 { // of 8 bytes
		write(t, l, fmt.Sprintf("line %02d", i))
	}
	if n := strings.Count(told.String(), "cannot be rotated"); n != 2 || l.size != 216 {
		t.Errorf("told %d times, %d bytes in the file: %s", n, l.size, &told)
	}
}

func TestRotationByAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := openLog(t, LogOptions{MaxAge: time.Hour})
		l.upkeep()
		time.Sleep(2 * time.Hour)
		l.upkeep() // nothing to rotate
		write(t, l, "old")
		l.upkeep()
		write(t, l, "new")
		if content(t, l.options.Path) != "new\n" || content(t, l.options.Path+".1") != "old\n" {
			t.Errorf("%q, %q", content(t, l.options.Path), content(t, l.options.Path+".1"))
		}
	})
}

func TestRotationByOthers(t *testing.T) {
	l := openLog(t, LogOptions{})
	write(t, l, "one")
	if err := os.Rename(l.options.Path, l.options.Path+".moved"); err != nil {
		t.Fatal(err)
	}
	l.upkeep()
	write(t, l, "two")
	if content(t, l.options.Path) != "two\n" || content(t, l.options.Path+".moved") != "one\n" {
		t.Errorf("%q, %q", content(t, l.options.Path), content(t, l.options.Path+".moved"))
	}
}

func TestTornLineOfAKilledProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "decoy.log")
	if err := os.WriteFile(path, []byte("whole\nto"), 0o600); err != nil {
		t.Fatal(err)
	}
	l := openLog(t, LogOptions{Path: path})
	write(t, l, "next")
	if got := content(t, path); got != "whole\nto\nnext\n" {
		t.Errorf("%q", got)
	}
}

func TestWritersDoNotMix(t *testing.T) {
	l := openLog(t, LogOptions{MaxBytes: 4 << 10, Keep: 1000})
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 100 {
				if err := l.Write([]byte(fmt.Sprintf("writer %d line %d\n", w, i))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	files, err := filepath.Glob(l.options.Path + "*")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, name := range files {
		for line := range strings.Lines(content(t, name)) {
			var w, i int
			if n, err := fmt.Sscanf(line, "writer %d line %d\n", &w, &i); n != 2 || err != nil {
				t.Errorf("%s: %q", name, line)
			}
			seen[line] = true
		}
	}
	if len(seen) != 800 || len(files) < 2 {
		t.Errorf("%d lines in %d files", len(seen), len(files))
	}
}

func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=16k"); err != nil {
		t.Fatalf("mount a small disk (the tests want root): %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	var told bytes.Buffer
	l := openLog(t, LogOptions{Path: filepath.Join(dir, "decoy.log"), Log: slog.New(slog.NewTextHandler(&told, nil))})
	line := strings.Repeat("x", 3000)
	written := 0
	for range 20 {
		err := l.Write([]byte(line + "\n"))
		if err == nil {
			written++
		} else if !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
	}
	if written == 0 || written == 20 || l.Failures() != uint64(20-written) || strings.Count(told.String(), "cannot be logged") != 1 {
		t.Errorf("%d lines written, %d failed; told %s", written, l.Failures(), &told)
	}
	if err := os.Truncate(l.options.Path, int64(3001*written)+10); err != nil { // somebody made room, amid a line
		t.Fatal(err)
	}
	write(t, l, "again")
	if got := content(t, l.options.Path); !strings.HasSuffix(got, "\nagain\n") {
		t.Errorf("ends in %q", got[len(got)-20:])
	}
	if !strings.Contains(told.String(), "can be logged again") {
		t.Errorf("told %s", &told)
	}
}

func TestLogThatCannotBeOpened(t *testing.T) {
	if _, err := OpenLog(LogOptions{Path: filepath.Join(t.TempDir(), "none", "decoy.log")}); err == nil || !strings.Contains(err.Error(), "open decoy log") {
		t.Error(err)
	}
}
