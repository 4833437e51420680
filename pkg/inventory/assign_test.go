package inventory

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/honeymoat/honeymoat/pkg/event"
)

func TestAssignLeavesWhatIsThere(t *testing.T) {
	templater := New(Options{})
	templater.UseSpecs(NewSpecs(specOf(t, "pets", "/v1", "/pets/{pet}")))
	learnPaths(templater, "/carts/4711")
	b := &event.Batch{Header: event.Header{Source: "edge"}}
	add := func(path, route, api string) {
		b.SetString(event.Host, "shop.example.com")
		b.SetString(event.Method, "GET")
		b.SetString(event.Path, path)
		b.SetString(event.API, api)
		if route != "" {
			b.SetString(event.Route, route)
			b.SetString(event.RouteOrigin, OriginGateway)
		}
		b.EndRow()
	}
	add("/carts/1", "", "")
	add("/v1/pets/rex", "", "")
	add("/v1/pets/rex", "/pets/:name", "gateway-api")
	add("/v1/pets/tom", "", "gateway-api")
	add("", "", "")
	templater.NewAssigner().Assign(b)
	var got []string
	for row := range b.Rows() {
		got = append(got, fmt.Sprintf("%s %s %q %q", b.Text(event.Route, row), b.Text(event.RouteOrigin, row),
			b.Text(event.API, row), b.Text(event.Tags, row)))
	}
	want := []string{
		`/carts/{id} inferred "" ""`,
		`/v1/pets/{pet} spec "pets" "pets"`,
		`/pets/:name gateway "gateway-api" ""`,
		`/v1/pets/{pet} spec "gateway-api" "pets"`,
		`{unknown} inferred "" ""`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAssignSeesWhatIsReplaced(t *testing.T) {
	templater := New(Options{})
	a := templater.NewAssigner()
	f := func(want string) {
		t.Helper()
		b := batchOf(missed("/pets/rex"), missed("/pets/rex"))
		a.Assign(b)
		if got := string(b.Text(event.Route, 1)); got != want {
			t.Errorf("the route is %s, want %s", got, want)
		}
	}
	f("/{unknown}")
	learnPaths(templater, "/pets/rex")
	f("/pets/rex")
	templater.UseSpecs(NewSpecs(specOf(t, "pets", "/", "/pets/{pet}")))
	f("/pets/{pet}")
	templater.UseSpecs(nil)
	f("/pets/rex")
	if err := templater.Restore(New(Options{}).Snapshot()); err != nil {
		t.Fatal(err)
	}
	f("/{unknown}")
}

// Addresses share a tree, but a document may name one of them.
func TestAssignTellsHostsApartThatShareATree(t *testing.T) {
	templater := New(Options{})
	templater.UseSpecs(NewSpecs(specOf(t, "pets", "http://192.0.2.1/", "/pets/{pet}")))
	var got string
	b := batchOf(request{"GET", "192.0.2.1", "/pets/rex", 200}, request{"GET", "192.0.2.2", "/pets/rex", 200})
	templater.NewAssigner().Assign(b)
	for row := range b.Rows() {
		got += string(b.Text(event.Route, row)) + " "
	}
	if want := "/pets/{pet} /{unknown} "; got != want {
		t.Errorf("routes %s, want %s", got, want)
	}
}

func TestSpecifiedPathsTeachNothing(t *testing.T) {
	templater := New(Options{})
	templater.UseSpecs(NewSpecs(specOf(t, "pets", "/", "/pets/{pet}")))
	learnPaths(templater, "/pets/rex")
	b := batchOf(served("/pets/tom"), served("/toys"))
	templater.NewAssigner().Assign(b)
	templater.Learn(b) // as assigned before
	if s := templater.Stats(); s.Nodes != 1 {
		t.Errorf("%d positions, want that of /toys alone", s.Nodes)
	}
}

// realistic is a batch in which 9 of 10 paths come again and the tenth has an
// id of its own.
func realistic(rows int) *event.Batch {
	var requests []request
	for i := range rows {
		path := fmt.Sprintf("/api/v1/users/%d/orders", 1_000_000+i)
		if i%10 > 0 {
			path = fmt.Sprintf("/api/v1/shops/%d/products/%d", i%7, i%100)
		}
		requests = append(requests, served(path))
	}
	return batchOf(requests...)
}

// without takes the routes out again.
func without(b *event.Batch) {
	for _, f := range []event.TextField{event.Route, event.RouteOrigin} {
		b.MapText(f, func(_ int, dst, _ []byte) ([]byte, bool) { return dst, true })
	}
}

func TestAssignDoesNotAllocate(t *testing.T) {
	templater := New(Options{})
	b := realistic(1000)
	templater.Learn(b)
	a := templater.NewAssigner()
	turn := func() {
		templater.Learn(b)
		a.Assign(b)
		without(b)
	}
	turn()
	if n := testing.AllocsPerRun(10, turn); n != 0 {
		t.Errorf("%v allocations a batch", n)
	}
}

// Learn and Assign run at the same time on batches of their own; the race
// detector looks on.
func TestAssignBesideLearn(t *testing.T) {
	templater := New(Options{Distinct: 10, MaxNodes: 500})
	done := make(chan bool)
	for range 2 {
		go func() {
			a := templater.NewAssigner()
			b := realistic(200)
			for range 50 {
				a.Assign(b)
				without(b)
				_ = templater.Stats()
			}
			done <- true
		}()
	}
	for i := range 200 {
		learnPaths(templater, fmt.Sprintf("/api/v1/shops/7/%s/%s", names(i%50 + 1)[i%50], names(i/50 + 1)[i/50]))
	}
	<-done
	<-done
}

func BenchmarkAssign(b *testing.B) {
	batch := realistic(4096)
	for name, specs := range map[string]*Specs{
		"inferred":            NewSpecs(),
		"inferred beside api": NewSpecs(specOf(b, "pets", "/pets", "/{pet}")),
		"spec":                NewSpecs(specOf(b, "shop", "/api/v1", "/users/{id}/orders", "/shops/{shop}/products/{product}")),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			templater := New(Options{})
			templater.Learn(batch)
			templater.UseSpecs(specs)
			a := templater.NewAssigner()
			for b.Loop() {
				a.Assign(batch)
				b.StopTimer()
				without(batch)
				b.StartTimer()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*batch.Rows()), "ns/row")
		})
	}
}

func BenchmarkLearn(b *testing.B) {
	b.ReportAllocs()
	templater, batch := New(Options{}), realistic(4096)
	for b.Loop() {
		templater.Learn(batch)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*batch.Rows()), "ns/row")
}

func BenchmarkFollow(b *testing.B) {
	templater := New(Options{})
	learnPaths(templater, "/api/v1/shops/4711/products/12")
	root, path := templater.forest.Load().root([]byte("shop.example.com")), []byte("/api/v1/shops/4712/products/13")
	b.ReportAllocs()
	for b.Loop() {
		root.follow(path)
	}
}
