package httpapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
	"github.com/honeymoat/honeymoat/pkg/ingest"
	"github.com/honeymoat/honeymoat/pkg/ingest/ingesttest"
)

// openInbox gives the world an inbox at work with one source, edge, of
// format json.
func (w *world) openInbox() {
	w.t.Helper()
	w.pushed = &ingesttest.Bus{}
	var err error
	sources := []ingest.Source{{Name: "edge", Log: accesslog.Options{Format: "json"}}}
	if w.inbox, err = ingest.NewInbox(ingest.InboxOptions{MaxBytes: 32 << 20}, sources, w.pushed, slog.New(slog.DiscardHandler)); err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.inbox.Run(ctx) }()
	w.t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			w.t.Errorf("the inbox ended: %v", err)
		}
	})
}

// post pushes a body.
func (w *world) post(contentType, encoding, body string) *httptest.ResponseRecorder {
	w.t.Helper()
	header := map[string]string{"Content-Type": contentType}
	if encoding != "" {
		header["Content-Encoding"] = encoding
	}
	return w.do(call{method: http.MethodPost, path: "/api/v1/ingest?source=edge", token: pushToken, body: body, header: header})
}

const object = `{"method":"GET","uri":"/%d"}`

// objects is n different ones with a separator between them.
func objects(n int, separator string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = fmt.Sprintf(object, i)
	}
	return strings.Join(parts, separator)
}

func TestBodiesThatArePushed(t *testing.T) {
	f := func(contentType, body string, received, rejected int) {
		t.Helper()
		w := newWorld(t)
		got := decoded[wire.Pushed](t, w.post(contentType, "", body))
		if want := (wire.Pushed{Received: received, Rejected: rejected}); got != want || w.pushed.Len() != received {
			t.Errorf("%s %.60s: %+v and %d on the bus, want %+v", contentType, body, got, w.pushed.Len(), want)
		}
	}
	const sequence, lines, text = "application/json", "application/x-ndjson", "text/plain; charset=utf-8"
	f(sequence, objects(1, ""), 1, 0)
	f(sequence, "["+objects(3, ",\n")+"]\n", 3, 0)
	f(sequence, objects(3, "\n"), 3, 0)
	f(sequence, "{\n  \"method\": \"GET\",\n  \"uri\": \"/x\"\n}", 1, 0)
	f(sequence, " []", 0, 0)
	f(sequence, "["+objects(2, ",")+`,"x",{"method":1}]`, 4, 1)
	f(sequence+"; charset=utf-8", "["+objects(20_000, ",")+"]", 20_000, 0)
	f(lines, objects(3, "\n"), 3, 0)
	f("application/jsonl", objects(2, "\r\n")+"\r\n\r\n", 2, 0)
	f(text, objects(2, "\n")+"\ngarbage\n", 3, 1)
	f(text, "", 0, 0)
}

func TestBodiesThatAreRefusedWhole(t *testing.T) {
	w := newWorld(t)
	f := func(contentType, encoding, body string, want kind) {
		t.Helper()
		w.problem(w.post(contentType, encoding, body), want)
	}
	for _, body := range []string{
		"[" + objects(5, ","), "[" + objects(5, ",") + ",", "[" + objects(2, ",") + `,{"met`, objects(2, "\n") + `{"x`, "x", "null", " ",
	} {
		f("application/json", "", body, badRequest)
	}
	f("", "", objects(1, ""), badMedia)
	f("text/html", "", objects(1, ""), badMedia)
	f("text/plain", "br", objects(1, ""), badMedia)
	f("text/plain", "gzip, gzip", objects(1, ""), badMedia)
	for _, encoding := range []string{"gzip", "deflate", "zstd"} {
		f("text/plain", encoding, "not packed at all", badRequest)
		whole := packed(t, encoding, objects(1000, "\n"))
		f("text/plain", encoding, whole[:len(whole)-9], badRequest)
		f("text/plain", encoding, packed(t, encoding, strings.Repeat(" ", maxContent+1)), tooLarge)
		f("text/plain", encoding, packed(t, encoding, strings.Repeat("a\n", 100_000)), tooLarge)
	}
	large := w.problem(w.post("text/plain", "", strings.Repeat("x", maxPushed+1)), tooLarge)
	if large.Detail != "at most 8388608 bytes are taken here" {
		t.Errorf("detail %q", large.Detail)
	}
	if n := w.pushed.Len(); n != 0 {
		t.Errorf("%d records of refused bodies are on the bus", n)
	}
	if st := w.inbox.Stats().Sources["edge"]; st.Lag != 0 {
		t.Errorf("%+v", st)
	}
}

func packed(t *testing.T, encoding, text string) string {
	t.Helper()
	var out bytes.Buffer
	var z io.WriteCloser
	var err error
	switch encoding {
	case "gzip":
		z = gzip.NewWriter(&out)
	case "deflate":
		z = zlib.NewWriter(&out)
	case "zstd":
		z, err = zstd.NewWriter(&out)
	}
	if err == nil {
		_, err = io.WriteString(z, text)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestPackedBodies(t *testing.T) {
	for _, encoding := range []string{"gzip", "x-gzip", "GZIP", "deflate", "zstd", "identity"} {
		w := newWorld(t)
		body := objects(500, "\n")
		if name := strings.TrimPrefix(strings.ToLower(encoding), "x-"); name != "identity" {
			body = packed(t, name, body)
		}
		if got := decoded[wire.Pushed](t, w.post("text/plain", encoding, body)); got.Received != 500 || got.Rejected != 0 {
			t.Errorf("%s: %+v", encoding, got)
		}
	}
}

func TestWhoMayPushWhat(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Pushed = []string{"edge", "ghost"} })
	f := func(query, token string, want kind) {
		t.Helper()
		w.problem(w.do(call{method: "POST", path: "/api/v1/ingest" + query, token: token, body: objects(1, "")}), want)
	}
	f("", pushToken, badParameters)
	f("?source=edge&x=1", pushToken, badParameters)
	f("?source=nobody", pushToken, notFound)
	f("?source=edge", otherToken, lowRole)
	f("?source=nobody", otherToken, lowRole)
	f("?source=edge", analystToken, lowRole)
	f("?source=edge", "", noToken)
	f("?source=ghost", pushToken, internal)
	c := call{method: "POST", path: "/api/v1/ingest?source=edge", body: objects(1, ""), header: map[string]string{"X-Honeymoat-Token": pushToken}}
	if got := decoded[wire.Pushed](t, w.do(c)); got.Received != 1 {
		t.Errorf("by the header: %+v", got)
	}
	c.header["X-Honeymoat-Token"] = "hm_wrong"
	w.problem(w.do(c), wrongToken)
	w.problem(w.do(call{method: "GET", path: "/api/v1/status", header: map[string]string{"X-Honeymoat-Token": adminToken}}), noToken)
}

func TestSendersAreToldToTryAgain(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.PushWait = time.Millisecond })
	hold := make(chan struct{})
	w.pushed.Fail = func(int) ingesttest.Fault { <-hold; return ingesttest.None }
	answer := w.post("application/json", "", objects(1, ""))
	if w.problem(answer, busy); answer.Header().Get("Retry-After") != "1" {
		t.Errorf("Retry-After: %q", answer.Header().Get("Retry-After"))
	}
	close(hold)

	full := make([]func(), maxPushers)
	for i := range full {
		leave, err := w.doors.enter("edge")
		if err != nil {
			t.Fatal(err)
		}
		full[i] = leave
	}
	answer = w.post("application/json", "", objects(1, ""))
	if w.problem(answer, busy); answer.Header().Get("Retry-After") != "1" {
		t.Errorf("Retry-After: %q", answer.Header().Get("Retry-After"))
	}
	for _, leave := range full {
		leave()
	}
}

// TestManyPushers: thousands of small requests, as a gateway without batches
// makes them, over real connections.
func TestManyPushers(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewServer(w.engine)
	defer server.Close()
	const pushers, requests = 32, 100
	client := server.Client()
	client.Transport = &http.Transport{MaxIdleConnsPerHost: pushers}
	defer client.CloseIdleConnections()
	began := time.Now()
	var wg sync.WaitGroup
	for p := range pushers {
		wg.Go(func() {
			for n := range requests {
				if err := pushOne(client, server.URL, fmt.Sprintf(object, p*requests+n)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	t.Logf("%.0f requests/s in %d batches", pushers*requests/time.Since(began).Seconds(), w.pushed.Batches())
	paths := w.pushed.Paths()
	if len(paths) != pushers*requests || w.pushed.Len() != pushers*requests {
		t.Errorf("%d records, %d paths", w.pushed.Len(), len(paths))
	}
}

func pushOne(client *http.Client, url, body string) error {
	r, err := http.NewRequest(http.MethodPost, url+"/api/v1/ingest?source=edge", strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+pushToken)
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(answer.Body)
	if err == nil && string(text) != `{"received":1,"rejected":0}` {
		err = fmt.Errorf("status %d: %s", answer.StatusCode, text)
	}
	return errors.Join(err, answer.Body.Close())
}

// FuzzUnpacked: whatever is sent, it is read within the limit or refused with
// a problem of the sender's.
func FuzzUnpacked(f *testing.F) {
	f.Add("gzip", []byte("\x1f\x8b\x08\x00"))
	f.Add("zstd", []byte{0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x60})
	f.Add("deflate", []byte{0x78, 0x9c, 0x03})
	f.Add("", []byte("text"))
	f.Fuzz(func(t *testing.T, encoding string, body []byte) {
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		r.Header.Set("Content-Encoding", encoding)
		in, err := unpacked(r, 1000)
		var text []byte
		if err == nil {
			text, err = io.ReadAll(in)
			in.Close()
		}
		if len(text) > 1000 {
			t.Fatalf("%d bytes", len(text))
		}
		if status := problemOf(err).Status; err != nil && status >= 500 {
			t.Fatalf("%q: %d, %v", encoding, status, err)
		}
	})
}
