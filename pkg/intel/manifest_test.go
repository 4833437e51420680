package intel

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/honeymoat/honeymoat/pkg/indicator"
)

const (
	eventA = "5f0c1a2e-0000-4000-8000-00000000000a"
	eventB = "5f0c1a2e-0000-4000-8000-00000000000b"
	eventC = "5f0c1a2e-0000-4000-8000-00000000000c"
)

func mispEvent(id, address string) string {
	return fmt.Sprintf(`{"Event": {"uuid": %q, "info": "x", "Attribute": [{"type": "ip-src", "to_ids": true, "value": %q}]}}`, id, address)
}

func TestManifest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		feed := Feed{Name: "misp", URL: "https://intel.example/feed/", Read: indicator.Options{Format: indicator.MISP, Expires: 30 * 24 * time.Hour}}
		b := newBench(t, feed)
		now := time.Now().Unix()
		list := func(entries ...string) { b.site.text("/feed/manifest.json", "{"+strings.Join(entries, ",")+"}") }
		entry := func(id string, at int64) string { return fmt.Sprintf(`%q: {"info": "x", "timestamp": "%d"}`, id, at) }
		list(entry(eventA, now), entry(eventB, now), entry(eventC, now-365*24*3600))
		b.site.text("/feed/"+eventA+".json", mispEvent(eventA, "192.0.2.1"))
		b.site.text("/feed/"+eventB+".json", mispEvent(eventB, "192.0.2.2"))
		b.site.text("/feed/"+eventC+".json", mispEvent(eventC, "192.0.2.3"))
		b.has("192.0.2.1", "192.0.2.2")

		// One changes; only that one is fetched again.
		before := b.site.requests()
		list(entry(eventA, now+1), entry(eventB, now))
		b.site.text("/feed/"+eventA+".json", mispEvent(eventA, "192.0.2.4"))
		b.pass(67 * time.Minute)
		b.has("192.0.2.2", "192.0.2.4")
		if n := b.site.requests() - before; n > 3 {
			t.Errorf("%d requests for one event", n)
		}

		// One fails: the others count, and it is fetched once it works.
		list(entry(eventA, now+1), entry(eventB, now+2))
		b.site.set("/feed/"+eventB+".json", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
		b.pass(67 * time.Minute)
		b.has("192.0.2.2", "192.0.2.4")
		if s := b.state(); !strings.Contains(s.Problem, "some events") {
			t.Errorf("%+v", s)
		}
		b.site.text("/feed/"+eventB+".json", mispEvent(eventB, "192.0.2.5"))
		b.pass(67 * time.Minute)
		b.has("192.0.2.4", "192.0.2.5")

		// One is gone.
		list(entry(eventB, now+2))
		b.pass(67 * time.Minute)
		b.has("192.0.2.5")
		b.stop()
	})
}

func TestManifestThatIsNone(t *testing.T) {
	f := func(body, problem string) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, Feed{Name: "misp", URL: "https://intel.example/manifest.json?key=1", Read: indicator.Options{Format: indicator.MISP}})
			b.site.text("/manifest.json", body)
			if s := b.state(); !strings.Contains(s.Problem, problem) {
				t.Errorf("%s: %q, want %q", body, s.Problem, problem)
			}
			b.stop()
		})
	}
	f(`[]`, "manifest of https://intel.example/manifest.json")
	f(`{"../../x": {"timestamp": "1"}}`, "is no event")
	f(`{"`+eventA+`": {"timestamp": "1"}}`, "404")
	f(`{}`, "no indicator")
}
