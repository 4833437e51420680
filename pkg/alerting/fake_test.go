package alerting

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/alertmanager/api/v2/models"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

var errAway = errors.New("connection refused")

// fakeServer is an Alertmanager as a RoundTripper, for tests in fake time.
type fakeServer struct {
	mu       sync.Mutex
	away     bool
	flaky    bool // it fails every second request
	turn     bool
	slow     time.Duration
	status   int    // of every answer, when it is not zero
	poison   string // an alertname that it refuses
	requests []fakeRequest
}

type fakeRequest struct {
	at     time.Time
	auth   string
	alerts []fakeAlert
}

type fakeAlert struct {
	name   string
	endsAt time.Time
}

func (s *fakeServer) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	slow := s.slow
	s.mu.Unlock()
	select {
	case <-time.After(slow):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turn = !s.turn
	if s.away || s.flaky && !s.turn {
		return nil, errAway
	}
	return &http.Response{
		StatusCode: s.answer(r),
		Header:     http.Header{"Content-Type": {"application/json"}},
		Body:       io.NopCloser(strings.NewReader(`"refused"`)),
		Request:    r,
	}, nil
}

func (s *fakeServer) answer(r *http.Request) int {
	var alerts models.PostableAlerts
	if err := json.NewDecoder(r.Body).Decode(&alerts); err != nil {
		return http.StatusUnsupportedMediaType
	}
	if s.status != 0 {
		return s.status
	}
	got := fakeRequest{at: time.Now(), auth: r.Header.Get("Authorization")}
	for _, a := range alerts {
		got.alerts = append(got.alerts, fakeAlert{a.Labels["alertname"], time.Time(a.EndsAt)})
	}
	if s.poison != "" && slices.ContainsFunc(got.alerts, func(a fakeAlert) bool { return a.name == s.poison }) {
		return http.StatusUnprocessableEntity
	}
	s.requests = append(s.requests, got)
	return http.StatusOK
}

// take gives the requests that were accepted since the last call.
func (s *fakeServer) take() []fakeRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	got := s.requests
	s.requests = nil
	return got
}

func (s *fakeServer) set(change func(*fakeServer)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

// alertsOf gives all alerts of requests in order.
func alertsOf(requests []fakeRequest) []fakeAlert {
	var all []fakeAlert
	for _, r := range requests {
		all = append(all, r.alerts...)
	}
	return all
}

// value reads a counter or gauge.
func value(t *testing.T, m prometheus.Metric) float64 {
	t.Helper()
	var out dto.Metric
	if err := m.Write(&out); err != nil {
		t.Fatalf("read metric: %v", err)
	}
	return out.GetCounter().GetValue() + out.GetGauge().GetValue()
}
