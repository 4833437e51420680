package httpapi

import (
	"net/http"
	"strings"
	"testing"
)

func TestLists(t *testing.T) {
	w := newWorld(t)
	for _, token := range []string{viewerToken, adminToken, bouncerToken} {
		answer := w.get("/api/v1/lists/shop.txt", token)
		if answer.Code != 200 || !strings.Contains(answer.Body.String(), "\n192.0.2.1\n192.0.2.2\n") {
			t.Errorf("%d %s", answer.Code, answer.Body)
		}
	}
	held := map[string]string{"If-None-Match": w.get("/api/v1/lists/all.txt", bouncerToken).Header().Get("ETag")}
	if answer := w.do(call{method: http.MethodGet, path: "/api/v1/lists/all.txt?wait=1ms", token: bouncerToken, header: held}); answer.Code != 304 {
		t.Errorf("the same list: %d %s", answer.Code, answer.Body)
	}
	if w.history.asked != nil {
		t.Error("the store was asked")
	}
}

func TestListsFailure(t *testing.T) {
	w := newWorld(t)
	f := func(path string, want kind) {
		t.Helper()
		w.problem(w.get(path, bouncerToken), want)
	}
	f("/api/v1/lists/bank.txt", lowRole)
	f("/api/v1/lists/all.xml", notFound)
	f("/api/v1/lists/all", notFound)
	f("/api/v1/lists/A!.txt", badParameters)
	f("/api/v1/lists/all.txt?wait=3m", badParameters)
	f("/api/v1/lists/all.txt?wait=soon", badParameters)
	w.problem(w.get("/api/v1/lists/all.txt", pushToken), lowRole)
}

// TestWaitersGoWhenTheServerStops: a long wait does not hold it up.
func TestWaitersGoWhenTheServerStops(t *testing.T) {
	w := newWorld(t)
	w.end()
	held := map[string]string{"If-None-Match": w.get("/api/v1/lists/all.txt", bouncerToken).Header().Get("ETag")}
	if answer := w.do(call{method: http.MethodGet, path: "/api/v1/lists/all.txt?wait=2m", token: bouncerToken, header: held}); answer.Code != 304 {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
}
