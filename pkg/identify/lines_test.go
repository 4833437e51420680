package identify

import (
	"net/http"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/block"
)

func TestLines(t *testing.T) {
	h := http.Header{"Cookie": {"theme=dark", "sid=s1"}, "Authorization": {"Bearer t1", "Bearer t2"}, "X-Api-Key": {}}
	var q block.Request
	rules(t, Defaults()).Fill(&q, Lines(h.Values))
	if want := (block.Request{Session: "s1", Token: "t1"}); q != want {
		t.Errorf("%+v", q)
	}
}
