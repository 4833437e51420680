package inventory

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// noise makes a path as scanners do: random words, ids and encodings, some of
// them below paths that exist.
func noise(r *rand.Rand, dst []byte) []byte {
	if r.IntN(3) == 0 {
		dst = append(dst, "/api/v1/users"...)
	}
	for range 1 + r.IntN(4) {
		dst = append(dst, '/')
		switch r.IntN(8) {
		case 0:
			dst = fmt.Appendf(dst, "%d", r.Uint32())
		case 1:
			dst = fmt.Appendf(dst, "%08x", r.Uint32())
		case 2:
			dst = fmt.Appendf(dst, "%%%02x..", byte(r.Uint32()))
		case 3:
			dst = append(dst, "admin"...)
		default:
			for range 1 + r.IntN(12) {
				dst = append(dst, 'a'+byte(r.IntN(26)))
			}
			dst = append(dst, "."+extensionNames[r.IntN(len(extensionNames))]...)
		}
	}
	return dst
}

// flood sends such paths in batches of 4,000 and returns the distinct routes.
func flood(templater *Templater, batches int, status int64, hosts int) map[string]bool {
	r := rand.New(rand.NewPCG(7, 7))
	a := templater.NewAssigner()
	routes := map[string]bool{}
	var b event.Batch
	var path []byte
	for range batches {
		b.Reset()
		b.Source = "edge"
		for range 4000 {
			path = noise(r, path[:0])
			b.SetString(event.Method, "GET")
			b.SetString(event.Host, fmt.Sprintf("h%d.example.com", r.IntN(hosts)))
			b.SetText(event.Path, path)
			b.SetNumber(event.Status, status)
			b.EndRow()
		}
		templater.Learn(&b)
		a.Assign(&b)
		for row := range b.Rows() {
			routes[string(b.Text(event.Route, row))] = true
		}
	}
	return routes
}

// What is refused teaches nothing, and the routes are those of the few
// positions that are known.
func TestAMillionRefusedPaths(t *testing.T) {
	templater := New(Options{})
	templater.Learn(batchOf(request{"GET", "h0.example.com", "/api/v1/users/4711/orders", 200}))
	before := templater.Stats()
	routes := flood(templater, 250, 404, 2)
	if s := templater.Stats(); s != before {
		t.Errorf("the trees have changed from %+v to %+v", before, s)
	}
	if most := templatesFor(before.Nodes); len(routes) > most {
		t.Errorf("%d routes, want at most %d", len(routes), most)
	}
}

// A site that answers everything with 200, for any host, fills the trees to
// their limits and no further.
func TestServedNoise(t *testing.T) {
	templater := New(Options{MaxNodes: 5000, MaxHostNodes: 500, MaxHosts: 20})
	routes := flood(templater, 50, 200, 1000)
	s := templater.Stats()
	if s.Nodes > 5000 || s.Hosts > 21 || s.Bytes > 5000*500 {
		t.Errorf("over the limits: %+v", s)
	}
	if s.RefusedNodes == 0 || s.RefusedHosts == 0 {
		t.Errorf("nothing was refused: %+v", s)
	}
	// Templates of earlier batches may have become more general since.
	if most := 2 * templatesFor(5000); len(routes) > most {
		t.Errorf("%d routes, want at most %d", len(routes), most)
	}
}

// TestBytesAreMemory compares what Stats tells with what the trees really take.
func TestBytesAreMemory(t *testing.T) {
	templater := New(Options{Distinct: 1000, MaxNodes: 20_000})
	before := heap()
	_ = flood(templater, 10, 200, 100)
	took, told := heap()-before, templater.Stats().Bytes
	if templater.Stats().Nodes < 10_000 || took > told*3/2 {
		t.Errorf("%+v take %d bytes", templater.Stats(), took)
	}
}

// heap is what lives on the heap now.
func heap() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// templatesFor is the bound that the package promises: each position, and the
// root, gives its own template and those of the paths that leave there.
func templatesFor(nodes int) int { return (nodes + 1) * 2 * int(kinds) }
