package embedded

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestTransportCarriesRequestAndAnswer(t *testing.T) {
	rt := inProcess{handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Seen", r.Method+" "+r.RequestURI+" "+string(body))
		w.WriteHeader(http.StatusTeapot)
		w.Header().Set("X-Late", "yes")
		_, _ = io.WriteString(w, "answer")
	})}
	client := &http.Client{Transport: rt}
	res, err := client.Post("http://anywhere/a%20b?c=d", "text/plain", strings.NewReader("body"))
	if err != nil {
		t.Fatalf("post: %v", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || string(body) != "answer" || res.StatusCode != http.StatusTeapot {
		t.Errorf("got %d %q, %v", res.StatusCode, body, err)
	}
	if seen := res.Header.Get("X-Seen"); seen != "POST /a%20b?c=d body" {
		t.Errorf("the handler saw %q", seen)
	}
	if res.Header.Get("X-Late") != "" {
		t.Error("a header set after the status was sent")
	}
}

func TestTransportHonoursContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://anywhere/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (inProcess{handler: http.NotFoundHandler()}).RoundTrip(req); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
}
