package lists

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
)

// many is a blocklist of so many addresses.
func many(tb testing.TB, n int) *blocklist {
	tb.Helper()
	l := newBlocklist()
	blocks := make([]block.Block, n)
	builder := &block.Builder{}
	a := netip.MustParseAddr("100.64.0.0")
	for i := range blocks {
		t := block.PrefixTarget(netip.PrefixFrom(a, 32))
		blocks[i] = block.Block{ID: block.ID(i + 1), Segment: block.All, Target: t, LifetimeSeconds: 3600, CreatedAt: clock, Reason: "on the list drop", By: "list:drop", Revision: uint64(i + 1)}
		builder.Add(block.DeltaOf(&blocks[i], clock), 0)
		a = a.Next()
	}
	l.blocks, l.sets[block.All] = blocks, builder.Set(uint64(n))
	return l
}

// TestAThousandWaitForOneList: the list is written once for all of them, and
// once more at most for those who came while it was being written.
func TestAThousandWaitForOneList(t *testing.T) {
	l := mixed(t)
	h := New(l)
	tag := h.states.now().tag(sheet{"eu", Plain, false})
	var waiting, answered sync.WaitGroup
	bodies := make([]*httptest.ResponseRecorder, 1000)
	for i := range bodies {
		waiting.Add(1)
		answered.Go(func() {
			r := httptest.NewRequest(http.MethodGet, "/eu.txt", nil)
			r.Header.Set("If-None-Match", tag)
			bodies[i] = httptest.NewRecorder()
			waiting.Done()
			if err := h.Serve(bodies[i], r, "eu", Plain, MaxWait); err != nil {
				t.Error(err)
			}
		})
	}
	waiting.Wait()
	l.add(on(t, "192.0.2.10", 10))
	answered.Wait()
	for i, b := range bodies {
		if b.Code != 200 || !strings.Contains(b.Body.String(), "192.0.2.10\n") || b.Header().Get("ETag") == tag {
			t.Fatalf("poller %d: %d %s", i, b.Code, b.Body)
		}
	}
	if l.read > 2 {
		t.Errorf("the blocklist was read %d times", l.read)
	}
}

// TestABatchIsOneChange: somebody who waits is not told of the first of a
// thousand blocks.
func TestABatchIsOneChange(t *testing.T) {
	l := mixed(t)
	s := serve(t, l)
	resp, _ := get(t, s.URL+"/eu.txt")
	answered := make(chan string)
	go func() {
		_, body := get(t, s.URL+"/eu.txt?wait=2m", "If-None-Match", resp.Header.Get("ETag"))
		answered <- body
	}()
	for i := range 5 {
		l.add(on(t, fmt.Sprintf("203.0.113.%d", i), block.ID(100+i)))
	}
	if body := <-answered; !strings.Contains(body, "203.0.113.0") {
		t.Error(body)
	}
}

func TestAListThatIsTooLongIsWrittenForEach(t *testing.T) {
	l := mixed(t)
	h := New(l)
	_, want := get(t, serve(t, l).URL+"/eu.csv")
	h.press = newPress(&h.states, maxKept, 100)
	for range 2 {
		w := httptest.NewRecorder()
		if err := h.Serve(w, httptest.NewRequest(http.MethodGet, "/eu.csv", nil), "eu", CSV, 0); err != nil || w.Body.String() != want || w.Header().Get("ETag") == "" {
			t.Errorf("%v %q", err, w.Body)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "/eu.csv", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	w := httptest.NewRecorder()
	if err := h.Serve(w, r, "eu", CSV, 0); err != nil {
		t.Fatal(err)
	}
	zipped, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(zipped); err != nil || string(text) != want {
		t.Errorf("%v %q", err, text)
	}
}

// TestWhatIsKeptIsBounded: by bytes, and by number too.
func TestWhatIsKeptIsBounded(t *testing.T) {
	l := mixed(t)
	h := New(l)
	h.press = newPress(&h.states, 10*perEdition, maxBody)
	for i := range 100 {
		w := httptest.NewRecorder()
		if err := h.Serve(w, httptest.NewRequest(http.MethodGet, "/", nil), fmt.Sprintf("s%d", i), Plain, 0); err != nil || w.Code != 200 {
			t.Fatal(err, w.Code)
		}
	}
	if len(h.press.editions) > 10 || len(h.press.turns) > 10 {
		t.Errorf("%d editions and %d turns are kept", len(h.press.editions), len(h.press.turns))
	}
}

// TestPackedBytesHaveATagOfTheirOwn: a strong tag names bytes.
func TestPackedBytesHaveATagOfTheirOwn(t *testing.T) {
	s := serve(t, mixed(t))
	plain, _ := get(t, s.URL+"/eu.txt")
	packed, _ := get(t, s.URL+"/eu.txt", "Accept-Encoding", "gzip")
	if plain.Header.Get("ETag") == packed.Header.Get("ETag") {
		t.Errorf("both are %s", plain.Header.Get("ETag"))
	}
	for _, held := range []string{plain.Header.Get("ETag"), packed.Header.Get("ETag")} {
		for _, encoding := range []string{"identity", "gzip"} {
			if resp, _ := get(t, s.URL+"/eu.txt", "Accept-Encoding", encoding, "If-None-Match", held); resp.StatusCode != 304 {
				t.Errorf("%s as %s: %s", held, encoding, resp.Status)
			}
		}
	}
}

// TestPartsOfAList: who was cut off goes on, if it is still the same list.
func TestPartsOfAList(t *testing.T) {
	l := mixed(t)
	s := serve(t, l)
	whole, text := get(t, s.URL+"/eu.txt")
	tag := whole.Header.Get("ETag")
	if part, rest := get(t, s.URL+"/eu.txt", "Range", "bytes=10-", "If-Range", tag); part.StatusCode != 206 || rest != text[10:] {
		t.Errorf("%s %q", part.Status, rest)
	}
	l.add(on(t, "192.0.2.10", 10))
	if all, body := get(t, s.URL+"/eu.txt", "Range", "bytes=10-", "If-Range", tag); all.StatusCode != 200 || !strings.Contains(body, "192.0.2.10\n") {
		t.Errorf("%s %q", all.Status, body)
	}
}

func TestHead(t *testing.T) {
	l := mixed(t)
	s := serve(t, l)
	resp, err := http.Head(s.URL + "/eu.txt")
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != 200 || resp.Header.Get("ETag") == "" || l.read != 0 {
		t.Errorf("%s %v, read %d times", resp.Status, resp.Header, l.read)
	}
}

// BenchmarkAMillion: what a list of a million blocks takes.
func BenchmarkAMillion(b *testing.B) {
	l := many(b, 1_000_000)
	for _, f := range Formats() {
		for _, zipped := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/zipped=%v", f, zipped), func(b *testing.B) {
				b.ReportAllocs()
				var size int
				for b.Loop() {
					h := New(l)
					var out counter
					if err := h.press.stream(b.Context(), &out, sheet{block.All, f, zipped}, `"x"`); err != nil {
						b.Fatal(err)
					}
					size = out.n
				}
				b.ReportMetric(float64(size)/1e6, "MB")
			})
		}
	}
}

// BenchmarkAThousandPollers: what a change costs with so many who wait for a
// list of 100,000.
func BenchmarkAThousandPollers(b *testing.B) {
	l := many(b, 100_000)
	h := New(l)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for b.Loop() {
		tag := h.states.now().tag(sheet{block.All, Plain, false})
		var answered sync.WaitGroup
		for range 1000 {
			answered.Go(func() {
				r := httptest.NewRequest(http.MethodGet, "/", nil)
				r.Header.Set("If-None-Match", tag)
				if err := h.Serve(&null{}, r, block.All, Plain, time.Minute); err != nil {
					b.Error(err)
				}
			})
		}
		l.touch()
		answered.Wait()
	}
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(b.N)/1e6, "MB/op")
}

// touch changes the version of the blocklist.
func (l *blocklist) touch() {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := l.blocks[0]
	first.Revision = l.sets[block.All].Version().Revision + 1
	l.sets[block.All] = l.sets[block.All].Apply(block.DeltaOf(&first, clock), 0)
	close(l.changed)
	l.changed = make(chan struct{})
}

type counter struct{ n int }

func (c *counter) Write(data []byte) (int, error) { c.n += len(data); return len(data), nil }

// null is a poller that reads and forgets.
type null struct{ header http.Header }

func (n *null) Header() http.Header {
	if n.header == nil {
		n.header = http.Header{}
	}
	return n.header
}
func (n *null) WriteHeader(int) {}
func (n *null) Write(data []byte) (int, error) {
	return io.Discard.Write(bytes.Clone(data[:min(len(data), 1)]))
}
