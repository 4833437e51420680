package cli

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestInterruptible: whatever the input is, its bytes come, and a read that
// waits for more ends when the stream is closed.
func TestInterruptible(t *testing.T) {
	f := func(in io.Reader, waits bool) {
		t.Helper()
		s, err := interruptible(in)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 5)
		if _, err := io.ReadFull(s, got); err != nil || string(got) != "lines" {
			t.Errorf("%q, %v", got, err)
		}
		ended := make(chan error, 1)
		go func() {
			_, err := s.Read(got)
			ended <- err
		}()
		if !waits {
			if err := <-ended; err != io.EOF {
				t.Errorf("at the end: %v", err)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if waits {
			if err := <-ended; err == nil {
				t.Error("a closed stream gave something")
			}
		}
	}
	f(strings.NewReader("lines"), false)

	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte("before lines"), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err == nil {
		_, err = file.Seek(int64(len("before ")), io.SeekStart)
	}
	if err != nil {
		t.Fatal(err)
	}
	f(file, false)

	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	defer write.Close()
	if _, err := write.WriteString("lines"); err != nil {
		t.Fatal(err)
	}
	f(read, true)
	f(socket(t), true)
}

// socket is a connected socket as a process inherits one.
func socket(t *testing.T) *os.File {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(t.TempDir(), "s")})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	near, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: l.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	far, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = far.Close() })
	if _, err := io.WriteString(far, "lines"); err != nil {
		t.Fatal(err)
	}
	file, err := near.File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return file
}
