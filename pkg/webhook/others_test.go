package webhook

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// TestNobodyWaitsForOthers: endpoints that never answer, fail always, send
// elsewhere or answer without an end keep nobody from hearing everything at
// once, in order, and hear all of it themselves once they are well.
func TestNobodyWaitsForOthers(t *testing.T) {
	well := receive(t)
	r := newRig(t, well)
	healed := make(chan struct{})
	ill := map[string]func(w http.ResponseWriter){
		"hangs": func(http.ResponseWriter) { <-healed },
		"fails": func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) },
		"leads": func(w http.ResponseWriter) {
			w.Header().Set("Location", well.URL)
			w.WriteHeader(http.StatusTemporaryRedirect)
		},
		"talks": func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusBadGateway)
			for _, err := w.Write(make([]byte, 4<<10)); err == nil; _, err = w.Write(make([]byte, 4<<10)) {
			}
		},
	}
	hooks, endpoints := []Hook{r.hook}, []*endpoint{well}
	for name, answer := range ill {
		e := receive(t)
		e.answer = func(w http.ResponseWriter, _ int) bool {
			select {
			case <-healed:
				return true
			default:
			}
			answer(w)
			return false
		}
		endpoints = append(endpoints, e)
		hooks = append(hooks, Hook{Name: name, URL: e.URL, SecretFile: r.hook.SecretFile, Timeout: 200 * time.Millisecond})
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	w, err := New(Options{
		Hooks: hooks, Feed: r.list, Ended: r.list.ended, Checkpoints: r.kept, HTTP: &http.Client{Transport: transport},
		Log: slog.New(slog.DiscardHandler), Registerer: prometheus.NewRegistry(), Pause: time.Millisecond, LongestPause: 5 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- w.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	for _, h := range hooks {
		r.keeps(h.Name)
	}
	var want []string
	for n := range 500 {
		r.list.add(n + 1)
		want = append(want, fmt.Sprintf("added %d", n+1))
	}
	well.got(want...)
	r.failing(w, len(ill))
	close(healed)
	for _, e := range endpoints {
		e.got(want...)
	}
	r.failing(w, 0)
}

// keeps waits until a position of an endpoint is kept.
func (r *rig) keeps(name string) {
	r.t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); <-time.After(time.Millisecond) {
		if _, err := r.kept.Load(r.t.Context(), "webhook."+name); err == nil {
			return
		}
	}
	r.t.Fatalf("no position of %s is kept", name)
}

// failing waits until so many endpoints are known not to take what they are
// sent.
func (r *rig) failing(w *Webhooks, want int) {
	r.t.Helper()
	var names []string
	for end := time.Now().Add(time.Minute); time.Now().Before(end); <-time.After(time.Millisecond) {
		if names = w.Failing(); len(names) == want {
			return
		}
	}
	r.t.Fatalf("failing are %v, want %d", slices.Sorted(slices.Values(names)), want)
}
