package intel

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

func packed(t *testing.T, text string) (gz, zst []byte) {
	t.Helper()
	var a, b bytes.Buffer
	z := gzip.NewWriter(&a)
	s, err := zstd.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []interface {
		Write([]byte) (int, error)
		Close() error
	}{z, s} {
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return a.Bytes(), b.Bytes()
}

func TestReadFile(t *testing.T) {
	gz, zst := packed(t, "192.0.2.1\n")
	bombGZ, bombZST := packed(t, strings.Repeat("0", 1<<20))
	f := func(data []byte, want string) {
		t.Helper()
		path := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := ReadFile(path, 1<<12)
		if err != nil {
			got = []byte(err.Error())
		}
		if !strings.Contains(string(got), want) {
			t.Errorf("%.60q, want %q", got, want)
		}
	}
	f([]byte("192.0.2.1\n"), "192.0.2.1\n")
	f(gz, "192.0.2.1\n")
	f(zst, "192.0.2.1\n")
	f(gz[:len(gz)-6], "unexpected EOF")
	f(zst[:len(zst)-6], "read")
	f(bombGZ, "more than 4096 bytes")
	f(bombZST, "feed")
	f(bytes.Repeat([]byte("x"), 1<<13), "more than 4096 bytes")
	if _, err := ReadFile("does-not-exist", 1); err == nil {
		t.Error("a file that is not there was read")
	}
}

// look asks a real server once.
func look(t *testing.T, handler http.HandlerFunc, timeout time.Duration) (answer, error) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	feed := Feed{Name: "x", URL: server.URL + "/list", Timeout: timeout}
	feed.setDefaults()
	o := newOrigin(&feed, server.Client(), time.Now)
	return o.fetch(context.Background(), &State{}, func() ([]byte, error) { return nil, nil })
}

func TestAnswersThatStopHalfWay(t *testing.T) {
	_, err := look(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte("192.0.2.1\n"))
	}, time.Minute)
	if err == nil || !strings.Contains(err.Error(), "unexpected EOF") {
		t.Errorf("half an answer: %v", err)
	}
	_, err = look(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("192.0.2.1\n"))
		w.(http.Flusher).Flush()
		<-r.Context().Done() // for ever
	}, 50*time.Millisecond)
	if err == nil || !strings.Contains(err.Error(), "deadline") {
		t.Errorf("an answer that never ends: %v", err)
	}
}
