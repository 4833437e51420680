package inventory

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// randomPath draws from a small site, so that positions fill up and merge.
func randomPath(r *rand.Rand) string {
	var b strings.Builder
	for range 1 + r.IntN(5) {
		b.WriteByte('/')
		switch name := names(30)[int(30*r.Float64()*r.Float64())]; r.IntN(12) {
		case 0:
			fmt.Fprint(&b, r.IntN(1000))
		case 1:
			fmt.Fprintf(&b, "v%d", r.IntN(12))
		case 2:
			b.WriteString(name + ".html")
		case 3:
			b.WriteString("api")
		case 4:
			fmt.Fprintf(&b, "%08x%08x.png", r.Uint32(), r.Uint32())
		case 5:
			b.WriteString("name-aa") // a busy one
		default:
			b.WriteString(name)
		}
	}
	return b.String()
}

func randomRequests(r *rand.Rand, n int) []request {
	requests := make([]request, n)
	for i := range requests {
		requests[i] = request{"GET", []string{"", "a.example", "b.example"}[r.IntN(3)], randomPath(r), 200}
		if r.IntN(4) == 0 {
			requests[i].status = 404
		}
	}
	return requests
}

// inBatches learns requests in batches of random sizes, with a snapshot and a
// new start between some of them.
func inBatches(t *testing.T, r *rand.Rand, o Options, requests []request, restarts bool) *Templater {
	t.Helper()
	templater := New(o)
	for len(requests) > 0 {
		n := 1 + r.IntN(min(len(requests), 300))
		templater.Learn(batchOf(requests[:n]...))
		requests = requests[n:]
		if restarts && r.IntN(3) == 0 {
			next := New(o)
			if err := next.Restore(templater.Snapshot()); err != nil {
				t.Fatal(err)
			}
			templater = next
		}
	}
	return templater
}

func TestTheSameRequestsMakeTheSameTrees(t *testing.T) {
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 1))
		o := Options{Distinct: 3 + int(seed%8), MaxNodes: 200 + 100*int(seed)}
		requests := randomRequests(r, 3000)
		want := inBatches(t, r, o, requests, false).Snapshot()
		for _, restarts := range []bool{false, true} {
			if !bytes.Equal(inBatches(t, r, o, requests, restarts).Snapshot(), want) {
				t.Fatalf("seed %d: other trees, with restarts: %t", seed, restarts)
			}
		}
	}
}

// moreGeneral tells whether a template may follow another for the same path.
func moreGeneral(before, after string) bool {
	a, b := strings.Split(before, "/"), strings.Split(after, "/")
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] && (a[i] == "" || a[i][0] == '{' || !strings.HasPrefix(b[i], "{slug}") && b[i] != "{version}") {
			return false
		}
	}
	return true
}

// TestTemplatesOnlyBecomeMoreGeneral follows every path that was ever taken up.
func TestTemplatesOnlyBecomeMoreGeneral(t *testing.T) {
	for seed := range uint64(10) {
		r := rand.New(rand.NewPCG(seed, 2))
		templater := New(Options{Distinct: 3 + int(seed%8)})
		known := map[string]string{}
		changes := 0
		for range 40 {
			var paths []string
			for range 50 {
				paths = append(paths, randomPath(r))
			}
			learnPaths(templater, paths...)
			root := templater.forest.Load().root([]byte("shop.example.com"))
			for _, path := range paths {
				known[path] += ""
			}
			for path, before := range known {
				o := root.follow([]byte(path))
				if o.tail != "" || before != "" && !moreGeneral(before, o.template) {
					t.Fatalf("seed %d: %s was %s and is %s%s", seed, path, before, o.template, o.tail)
				}
				if before != "" && before != o.template {
					changes++
				}
				known[path] = o.template
			}
		}
		if changes == 0 {
			t.Errorf("seed %d: nothing ever became variable", seed)
		}
	}
}

// TestCountsAreThoseOfTheTrees checks the book-keeping that bounds rest on.
func TestCountsAreThoseOfTheTrees(t *testing.T) {
	for seed := range uint64(10) {
		r := rand.New(rand.NewPCG(seed, 3))
		templater := inBatches(t, r, Options{Distinct: 4, MaxNodes: 300}, randomRequests(r, 2000), seed%2 == 0)
		nodes, size := 0, 0
		for host, tree := range templater.grow.trees {
			n, b := tree.root.size()
			if n-1 != tree.nodes {
				t.Errorf("seed %d: the tree of %q has %d positions and counts %d", seed, host, n-1, tree.nodes)
			}
			nodes, size = nodes+n-1, size+b-tree.root.weight()
		}
		if s := templater.Stats(); s.Nodes != nodes || s.Bytes != size || nodes > 300 {
			t.Errorf("seed %d: %+v, but there are %d positions with %d bytes", seed, s, nodes, size)
		}
	}
}

// FuzzPaths: whatever is served or asked for, templates are bounded, a path
// keeps its template when it is learnt again, and the trees can be restored.
func FuzzPaths(f *testing.F) {
	f.Add("/users/4711", "/users/jane", int64(200))
	f.Add("/%2e%2e/\x00;x=1", "/a;b/c:d@e.f", int64(404))
	f.Add("/api/2/v1beta1/2024-05-01T1", "/1.2.3-rc/eyJ.a.b/01ARZ3NDEKTSV4RRFFQ69G5FAV.tgz", int64(302))
	f.Fuzz(func(t *testing.T, one, two string, status int64) {
		templater := New(Options{Distinct: 1})
		learn := func() {
			templater.Learn(batchOf(request{"GET", one, two, status}, served(one), served(two), served(one+two)))
		}
		learn()
		routes := []string{routeOf(templater, one), routeOf(templater, two), routeOf(templater, one+two)}
		learn()
		for i, path := range []string{one, two, one + two} {
			got := routeOf(templater, path)
			if got != routes[i] {
				t.Fatalf("%q was %q and is %q", path, routes[i], got)
			}
			if len(got) > 2*maxTemplate || got == "" || strings.Count(got, "/") > maxDepth+2 {
				t.Fatalf("%q has the route %q", path, got)
			}
		}
		if err := New(Options{}).Restore(templater.Snapshot()); err != nil {
			t.Fatal(err)
		}
		b := batchOf(served(one), missed(two))
		templater.NewAssigner().Assign(b)
		if len(b.Text(event.RouteOrigin, 1)) == 0 {
			t.Fatalf("%q has no origin", two)
		}
	})
}

// TestLearningAndAssigningAtOnceIsTheSame as one after the other, on trees that
// grow and are full, beside a document, and with routes that are there already.
func TestLearningAndAssigningAtOnceIsTheSame(t *testing.T) {
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 3))
		o := Options{Distinct: 3 + int(seed%8), MaxNodes: 200 + 100*int(seed), MaxHosts: 1 + int(seed%3)}
		two, one := New(o), New(o)
		if seed%2 == 0 {
			specs := NewSpecs(specOf(t, "pets", "/", "/api/{pet}"))
			two.UseSpecs(specs)
			one.UseSpecs(specs)
		}
		after, atOnce := two.NewAssigner(), one.NewAssigner()
		for range 60 {
			requests := randomRequests(r, 60)
			a, b := batchOf(requests...), batchOf(requests...)
			if r.IntN(3) == 0 {
				a, b = givenRoutes(a), givenRoutes(b)
			}
			two.Learn(a)
			after.Assign(a)
			atOnce.Learn(b)
			for _, f := range []event.TextField{event.Route, event.RouteOrigin, event.API, event.Tags} {
				for row := range requests {
					if x, y := a.Text(f, row), b.Text(f, row); !bytes.Equal(x, y) {
						t.Fatalf("seed %d: %s of %s is %q, and %q at once", seed, f, requests[row].path, x, y)
					}
				}
			}
		}
		if !bytes.Equal(two.Snapshot(), one.Snapshot()) {
			t.Fatalf("seed %d: other trees", seed)
		}
	}
}

// givenRoutes gives each third row a route of its gateway.
func givenRoutes(b *event.Batch) *event.Batch {
	third := func(text string) func(int, []byte, []byte) ([]byte, bool) {
		return func(row int, dst, _ []byte) ([]byte, bool) {
			if row%3 > 0 {
				return dst, false
			}
			return append(dst, text...), true
		}
	}
	b.MapText(event.Route, third("/given"))
	b.MapText(event.RouteOrigin, third(OriginGateway))
	return b
}
