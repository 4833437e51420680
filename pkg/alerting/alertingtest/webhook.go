package alertingtest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// Notification is what Alertmanager posts to a webhook.
type Notification struct {
	Receiver          string            `json:"receiver"`
	Status            string            `json:"status"` // firing or resolved
	Alerts            []Alert           `json:"alerts"`
	GroupLabels       map[string]string `json:"groupLabels"`
	CommonLabels      map[string]string `json:"commonLabels"`
	CommonAnnotations map[string]string `json:"commonAnnotations"`
	ExternalURL       string            `json:"externalURL"`

	Authorization string `json:"-"` // the header of the request
}

// Alert is one alert of a Notification.
type Alert struct {
	Status       string            `json:"status"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL"`
}

// Actors gives the actor of each alert, in order.
func (n Notification) Actors() []string {
	actors := make([]string, len(n.Alerts))
	for i, a := range n.Alerts {
		actors[i] = a.Labels["actor"]
	}
	return actors
}

// WebhookSink is an HTTP server on loopback that keeps notifications.
type WebhookSink struct {
	server *httptest.Server
	got    *queue[Notification]
}

// NewWebhookSink starts a sink that ends with the test.
func NewWebhookSink(tb testing.TB) *WebhookSink {
	s := &WebhookSink{got: newQueue[Notification]()}
	s.server = httptest.NewServer(http.HandlerFunc(s.serve))
	tb.Cleanup(s.server.Close)
	return s
}

func (s *WebhookSink) serve(w http.ResponseWriter, r *http.Request) {
	n := Notification{Authorization: r.Header.Get("Authorization")}
	if err := json.NewDecoder(r.Body).Decode(&n); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.got.put(n)
}

// URL is where to post.
func (s *WebhookSink) URL() string { return s.server.URL + "/honeymoat" }

// Next gives the oldest notification that no call has given yet. It waits up
// to a minute for one, then fails the test.
func (s *WebhookSink) Next(tb testing.TB) Notification {
	tb.Helper()
	return s.got.next(tb, "notification", every)
}

// Waiting is the number of notifications that Next would give at once.
func (s *WebhookSink) Waiting() int { return s.got.len() }
