package endtoend

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/bench/stage"
	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/webhook"
)

// hookSecret signs the deliveries of these tests.
const hookSecret = "a-secret-of-the-test"

// receiver is an endpoint that is told of changes.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	events []string
	wrong  error
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return // the service has gone
	}
	var d webhook.Delivery
	err = webhook.Verify(req.Header.Get(webhook.Header), body, hookSecret, time.Minute, time.Now())
	if err == nil {
		err = json.Unmarshal(body, &d)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.wrong = err; err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	for _, e := range d.Events {
		// A delivery may be repeated; that is no news.
		if text := fmt.Sprintf("%s %s", e.Event, e.Block.Target); !slices.Contains(r.events, text) {
			r.events = append(r.events, text)
		}
	}
}

// heard tells whether exactly these were told, in this order.
func (r *receiver) heard(want ...string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.wrong != nil || !slices.Equal(r.events, want) {
		return fmt.Errorf("it heard %q, want %q; %v", r.events, want, r.wrong)
	}
	return nil
}

// TestOthers: a list from elsewhere is blocked and unblocked with its changes,
// others fetch the blocks as a list and wait for the next one, and a webhook is
// told of each, also of what happened just before the service was killed.
func TestOthers(t *testing.T) {
	t.Parallel()
	s, r := newStage(t), newReceiver(t)
	p := &play{T: t, Stage: s}
	file, secret := s.Path("bad.txt"), s.Path("hook.secret")
	p.must(os.WriteFile(file, []byte("# nobody yet\n"), 0o600))
	p.must(os.WriteFile(secret, []byte(hookSecret+"\n"), 0o600))
	var err error
	p.service, err = s.Service(p.deadline(), stage.Settings{
		"blocks.lists": []map[string]any{{"name": "bad", "file": file, "refresh": "1s"}},
		"webhooks":     []map[string]any{{"name": "soc", "url": r.URL, "secret_file": secret}},
	})
	p.must(err)
	hears := func(want ...string) {
		t.Helper()
		p.eventually("the webhook hears", func(context.Context) error { return r.heard(want...) })
	}

	_, tag, err := p.service.API.List(p.deadline(), "all.txt", "")
	p.must(err)
	p.must(os.WriteFile(file, []byte("203.0.113.5\n203.0.113.128/28 # a network\n"), 0o600))
	if body, _, err := p.service.API.List(p.deadline(), "all.txt", tag); err != nil || !strings.Contains(body, "\n203.0.113.") {
		t.Errorf("who waits for the next list gets %q, %v", body, err)
	}
	hears("added 203.0.113.5", "added 203.0.113.128/28")
	body, _, err := p.service.API.List(p.deadline(), "all.nginx", "")
	if err != nil || !strings.Contains(body, "deny 203.0.113.5;\n") || !strings.Contains(body, "deny 203.0.113.128/28;\n") {
		t.Errorf("the list for nginx is %q, %v", body, err)
	}
	why, err := p.why(p.deadline(), "203.0.113.130")
	if err != nil || len(why.Blocks) != 1 || why.Blocks[0].By != "list:bad" || why.Blocks[0].Segment != block.All {
		t.Errorf("%v: %+v", err, why.Blocks)
	}

	p.must(os.WriteFile(file, []byte("203.0.113.5\n"), 0o600))
	hears("added 203.0.113.5", "added 203.0.113.128/28", "ended 203.0.113.128/28")
	p.block(attacker, time.Hour)
	p.must(p.service.Restart(p.deadline()))
	p.block(customer, time.Hour)
	hears("added 203.0.113.5", "added 203.0.113.128/28", "ended 203.0.113.128/28", "added "+attacker, "added "+customer)
}
