package bouncer

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"testing"
	"time"
)

// TestDurations: non-negative whole hours, minutes and seconds, no days, and
// never 0s where something holds; clients in Lua take all else for no expiry.
func TestDurations(t *testing.T) {
	whole := regexp.MustCompile(`^(\d+h)?(\d+m)?\d+s$`)
	f := func(left time.Duration, want string) {
		t.Helper()
		if got := duration(left); got != want || !whole.MatchString(got) {
			t.Errorf("%s: %q, want %q", left, got, want)
		}
	}
	f(26*time.Hour+29*time.Minute+59*time.Second+400*time.Millisecond, "26h29m59s")
	f(7*24*time.Hour, "168h0m0s")
	f(1500*time.Millisecond, "2s")
	f(400*time.Millisecond, "1s")
	f(0, "1s")
	f(-time.Minute, "1s")
}

// TestWhatIsOverIsNotNew: a block of which only its end has not come yet is
// told nowhere.
func TestWhatIsOverIsNotNew(t *testing.T) {
	f := newFeed()
	over := on(t, "192.0.2.7", 1)
	over.LifetimeSeconds = 1 // made a second ago
	f.put(over)
	s := serve(t, f)
	s.polls("?startup=true", "", "")
	if _, body := s.do(http.MethodGet, "/v1/decisions?ip=192.0.2.7", "key", ""); body != "null" {
		t.Error(body)
	}
}

// TestParametersThatAreIgnored: CrowdSec's bouncers send them.
func TestParametersThatAreIgnored(t *testing.T) {
	f := newFeed()
	f.put(on(t, "192.0.2.7", 1), on(t, "192.0.2.8", 2))
	s := serve(t, f)
	s.polls("?startup=true&community_pull=false&additional_pull=false&limit=1&whatever=x", "Ip 192.0.2.7,Ip 192.0.2.8", "")
}

// TestNoValueIsNewAndDeleted: some clients apply what is new first, and others
// what is deleted.
func TestNoValueIsNewAndDeleted(t *testing.T) {
	f := newFeed()
	s := serve(t, f)
	a := on(t, "192.0.2.7", 1)
	f.put(a)
	s.polls("?startup=true", "Ip 192.0.2.7", "")
	f.remove(a)
	again := on(t, "192.0.2.7", 2)
	f.put(again)
	inside := exempt(t, "192.0.2.9", 3)
	f.put(on(t, "192.0.2.8/31", 4), inside)
	_, body := s.do(http.MethodGet, "/v1/decisions/stream", "key", "")
	var stream streamJSON
	if err := json.Unmarshal([]byte(body), &stream); err != nil {
		t.Fatal(err)
	}
	for _, d := range stream.Deleted {
		if slices.ContainsFunc(stream.New, func(n decisionJSON) bool { return n.Value == d.Value }) {
			t.Errorf("%s is new and deleted: %s", d.Value, body)
		}
	}
	if len(stream.New) != 2 { // 192.0.2.7 anew, and the range without who is exempt
		t.Error(body)
	}
}

// TestKeysAreInOrder: those of the real server are in alphabetical order.
func TestKeysAreInOrder(t *testing.T) {
	f := newFeed()
	f.put(on(t, "192.0.2.7", 1))
	_, body := serve(t, f).do(http.MethodGet, "/v1/decisions/stream?startup=true", "key", "")
	keys := regexp.MustCompile(`"([a-z]+)":["\d]`).FindAllStringSubmatch(body, -1)
	var names []string
	for _, k := range keys {
		names = append(names, k[1])
	}
	if !slices.IsSorted(names) || len(names) != 8 {
		t.Errorf("%v in %s", names, body)
	}
}

// TestWhoseConnection: what a question on a connection proves, and what not.
func TestWhoseConnection(t *testing.T) {
	f := func(major, minor int, header, want string) {
		t.Helper()
		r := httptest.NewRequest(http.MethodGet, "/v1/decisions/stream", nil)
		r = r.WithContext(context.WithValue(r.Context(), connectionKey{}, "7"))
		r.ProtoMajor, r.ProtoMinor = major, minor
		if header != "" {
			r.Header.Set(header, "192.0.2.1")
		}
		if got := connectionOf(r); got != want {
			t.Errorf("HTTP/%d.%d with %q: the connection %q, want %q", major, minor, header, got, want)
		}
	}
	f(1, 1, "", "7")
	f(1, 1, "Accept-Encoding", "7")
	f(1, 0, "", "") // as nginx asks, which keeps no connection then
	f(2, 0, "", "")
	for _, header := range []string{"Via", "Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP", "X-Envoy-Internal"} {
		f(1, 1, header, "")
	}
}
