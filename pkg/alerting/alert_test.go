package alerting

import (
	"maps"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/honeymoat/honeymoat/pkg/respond"
)

func TestNormaliseLabels(t *testing.T) {
	f := func(in, want map[string]string) {
		t.Helper()
		got := normalise(respond.Alert{Labels: in}, time.Now()).Labels
		if !maps.Equal(got, want) {
			t.Errorf("labels of %q: got %q, want %q", in, got, want)
		}
	}
	f(nil, map[string]string{"alertname": unnamed})
	f(map[string]string{"alertname": "DecoyTouched", "api": ""}, map[string]string{"alertname": "DecoyTouched"})
	f(map[string]string{"alertname": "A", "actor-kind": "user"}, map[string]string{"alertname": "A", "actor_kind": "user"})
	f(map[string]string{"alertname": "A", "9lives": "x"}, map[string]string{"alertname": "A", "_9lives": "x"})
	f(map[string]string{"alertname": "A", "actor": "a\xffb"}, map[string]string{"alertname": "A", "actor": "a\uFFFDb"})
}

func TestNormaliseBoundsValues(t *testing.T) {
	a := normalise(respond.Alert{
		Labels:      map[string]string{"actor": strings.Repeat("é", maxLabelBytes)},
		Annotations: map[string]string{"evidence": "x" + strings.Repeat("é", maxAnnotationBytes)},
	}, time.Now())
	f := func(v string, limit int) {
		t.Helper()
		if len(v) > limit || len(v) < limit-1 || !utf8.ValidString(v) {
			t.Errorf("value of %d bytes, valid %v; want the limit of %d and whole characters", len(v), utf8.ValidString(v), limit)
		}
	}
	f(a.Labels["actor"], maxLabelBytes)
	f(a.Annotations["evidence"], maxAnnotationBytes)
}

func TestNormaliseTimesAndURL(t *testing.T) {
	now := time.Now()
	a := normalise(respond.Alert{URL: "no url"}, now)
	if !a.StartsAt.Equal(now) || a.URL != "" {
		t.Errorf("got start %v and URL %q, want now and none", a.StartsAt, a.URL)
	}
	a = normalise(respond.Alert{StartsAt: now, EndsAt: now.Add(-time.Hour), URL: "https://console.example.org/a?b=c"}, now)
	if a.StartsAt.After(a.EndsAt) {
		t.Errorf("starts %v, after its end %v", a.StartsAt, a.EndsAt)
	}
	if a.URL != "https://console.example.org/a?b=c" {
		t.Errorf("URL became %q", a.URL)
	}
}

func TestIdentity(t *testing.T) {
	f := func(a, b map[string]string, same bool) {
		t.Helper()
		if got := identity(a) == identity(b); got != same {
			t.Errorf("identities of %q and %q: same is %v, want %v", a, b, got, same)
		}
	}
	f(map[string]string{"a": "1", "b": "2"}, map[string]string{"b": "2", "a": "1"}, true)
	f(map[string]string{"a": "1"}, map[string]string{"a": "2"}, false)
	f(map[string]string{"a": `1"b"2`}, map[string]string{"a": "1", "b": "2"}, false)
}
