package lists

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/httpapi/wire"
)

var clock = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// blocklist is one in memory.
type blocklist struct {
	mu      sync.Mutex // for all below
	blocks  []block.Block
	read    int // how often all of it was read
	sets    map[string]*block.Set
	changed chan struct{}
}

func newBlocklist(blocks ...block.Block) *blocklist {
	l := &blocklist{sets: map[string]*block.Set{}, changed: make(chan struct{})}
	l.add(blocks...)
	return l
}

func (l *blocklist) add(blocks ...block.Block) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range blocks {
		b.Revision = uint64(len(l.blocks) + 1)
		l.blocks = append(l.blocks, b)
		l.sets[b.Segment] = l.sets[b.Segment].Apply(block.DeltaOf(&b, clock), 0)
	}
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *blocklist) Since(uint64) (edits []block.Edit, next uint64, reset bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.read++
	edits = make([]block.Edit, len(l.blocks))
	for i := range l.blocks {
		edits[i] = block.Edit{Cursor: l.blocks[i].Revision, Block: &l.blocks[i]}
	}
	return edits, uint64(len(edits)), true
}

func (l *blocklist) Versions() map[string]block.Version {
	l.mu.Lock()
	defer l.mu.Unlock()
	versions := map[string]block.Version{}
	for name, set := range maps.All(l.sets) {
		versions[name] = set.Version()
	}
	return versions
}

func (l *blocklist) Changed() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed
}

func on(t *testing.T, target string, id block.ID) block.Block {
	t.Helper()
	parsed, err := block.ParseTarget(target)
	if err != nil {
		t.Fatal(err)
	}
	return block.Block{ID: id, Segment: block.All, Target: parsed, LifetimeSeconds: 3600, CreatedAt: clock, Reason: "=1+1", By: "token:soc"}
}

func mixed(t *testing.T) *blocklist {
	t.Helper()
	exempt, shadow, other, eu, flag := on(t, "198.51.100.2", 3), on(t, "192.0.2.1", 4), on(t, "192.0.2.2", 5), on(t, "192.0.2.3", 6), on(t, "192.0.2.4", 7)
	exempt.Target, exempt.Action = exempt.Target.Exempt(), block.Allow
	shadow.Mode, other.Segment, eu.Segment, flag.Action = block.Shadow, "us", "eu", block.Flag
	return newBlocklist(on(t, "192.0.2.7", 1), on(t, "198.51.100.0/30", 2), exempt, shadow, other, eu, flag, on(t, "user_agent:o'curl", 8))
}

func serve(t *testing.T, l *blocklist) *httptest.Server {
	t.Helper()
	h := New(l)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		segment, f, err := ParseName(r.URL.Path[1:])
		wait, _ := time.ParseDuration(r.URL.Query().Get("wait"))
		if err == nil {
			err = h.Serve(w, r, segment, f, wait)
		}
		if err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func get(t *testing.T, url string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true}}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(data)
}

func TestFormats(t *testing.T) {
	s := serve(t, mixed(t))
	f := func(name, want string) {
		t.Helper()
		if _, got := get(t, s.URL+"/"+name); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
	const head = "# honeymoat: addresses that are refused in the segments eu and all\n# left out: 2 blocks that are not about addresses alone, or do not refuse\n"
	f("eu.txt", head+"192.0.2.7\n198.51.100.0/31\n198.51.100.3\n192.0.2.3\n")
	f("eu.nginx", head+"deny 192.0.2.7;\ndeny 198.51.100.0/31;\ndeny 198.51.100.3;\ndeny 192.0.2.3;\n")
	f("eu.haproxy", head+"192.0.2.7 0000000000000001\n198.51.100.0/31 0000000000000002\n198.51.100.3 0000000000000002\n192.0.2.3 0000000000000006\n")
	_, csv := get(t, s.URL+"/eu.csv")
	if lines := strings.Split(csv, "\n"); len(lines) != 9 || lines[1] != "0000000000000001,all,192.0.2.7,deny,enforce,0,2026-11-21T12:00:00Z,2026-11-21T13:00:00Z,'=1+1,,token:soc" {
		t.Error(csv)
	}
}

func TestJSONIsAsTheAPIHasIt(t *testing.T) {
	_, body := get(t, serve(t, mixed(t)).URL+"/eu.json")
	var l struct {
		Segment string       `json:"segment"`
		Blocks  []wire.Block `json:"blocks"`
	}
	if err := json.Unmarshal([]byte(body), &l); err != nil || l.Segment != "eu" || len(l.Blocks) != 7 || l.Blocks[0].ID != 1 {
		t.Errorf("%v %+v", err, l)
	}
}

func TestIndicators(t *testing.T) {
	s := serve(t, mixed(t))
	resp, body := get(t, s.URL+"/eu.stix")
	if got := resp.Header.Get("Content-Type"); got != "application/stix+json;version=2.1" {
		t.Errorf("type %q", got)
	}
	var bundle struct {
		Type    string      `json:"type"`
		ID      string      `json:"id"`
		Objects []indicator `json:"objects"`
	}
	if err := json.Unmarshal([]byte(body), &bundle); err != nil || bundle.Type != "bundle" {
		t.Fatalf("%v %s", err, body)
	}
	uuids := regexp.MustCompile(`^(bundle|indicator)--[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	var patterns []string
	for _, o := range bundle.Objects {
		patterns = append(patterns, o.Pattern)
		if !uuids.MatchString(o.ID) || o.Type != "indicator" || o.SpecVersion != "2.1" || o.ValidUntil <= o.ValidFrom || !strings.HasSuffix(o.ValidFrom, ".000Z") {
			t.Errorf("%+v", o)
		}
	}
	want := []string{
		"[ipv4-addr:value = '192.0.2.7']", "[ipv4-addr:value ISSUBSET '198.51.100.0/31'] OR [ipv4-addr:value = '198.51.100.3']", "[ipv4-addr:value = '192.0.2.3']", "[ipv4-addr:value = '192.0.2.4']",
		`[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = 'o\'curl']`,
	}
	if !uuids.MatchString(bundle.ID) || !slices.Equal(patterns, want) {
		t.Errorf("%s %q", bundle.ID, patterns)
	}
	if _, again := get(t, s.URL+"/eu.stix"); again != body {
		t.Error("the same blocks have other ids")
	}
}

func TestTags(t *testing.T) {
	l := mixed(t)
	s := serve(t, l)
	resp, _ := get(t, s.URL+"/eu.txt")
	tag := resp.Header.Get("ETag")
	f := func(url, held string, status int) {
		t.Helper()
		if resp, body := get(t, s.URL+url, "If-None-Match", held); resp.StatusCode != status || status == 304 && body != "" {
			t.Errorf("%s with %s: %s", url, held, resp.Status)
		}
	}
	f("/eu.txt", tag, 304)
	f("/eu.txt", `"x", W/`+tag, 304)
	f("/eu.csv", tag, 200)
	f("/eu.txt?wait=1ms", tag, 304)
	other := on(t, "192.0.2.9", 9)
	other.Segment = "us"
	l.add(other)
	f("/eu.txt", tag, 304)
	l.add(on(t, "192.0.2.10", 10))
	f("/eu.txt", tag, 200)
}

func TestWhoeverWaitsHearsOfAChange(t *testing.T) {
	l := mixed(t)
	s := serve(t, l)
	resp, _ := get(t, s.URL+"/eu.txt")
	answered := make(chan string)
	go func() {
		_, body := get(t, s.URL+"/eu.txt?wait=2m", "If-None-Match", resp.Header.Get("ETag"))
		answered <- body
	}()
	l.add(on(t, "192.0.2.10", 10))
	if body := <-answered; !strings.Contains(body, "192.0.2.10") {
		t.Error(body)
	}
}

func TestCompression(t *testing.T) {
	s := serve(t, mixed(t))
	resp, body := get(t, s.URL+"/eu.txt", "Accept-Encoding", "br, gzip;q=0.5")
	zipped, err := gzip.NewReader(strings.NewReader(body))
	if err != nil || resp.Header.Get("Content-Encoding") != "gzip" {
		t.Fatal(err, resp.Header)
	}
	if text, err := io.ReadAll(zipped); err != nil || !strings.Contains(string(text), "192.0.2.7") {
		t.Error(err, string(text))
	}
	if resp, _ := get(t, s.URL+"/eu.txt", "Accept-Encoding", "gzip;q=0"); resp.Header.Get("Content-Encoding") != "" {
		t.Error("compressed for somebody who cannot read it")
	}
}

func TestNames(t *testing.T) {
	if segment, f, err := ParseName("eu.west.nginx"); err != nil || segment != "eu.west" || f != Nginx {
		t.Error(segment, f, err)
	}
	for _, name := range []string{"eu", "eu.xml", ""} {
		if _, _, err := ParseName(name); err == nil {
			t.Errorf("%q was taken", name)
		}
	}
}
