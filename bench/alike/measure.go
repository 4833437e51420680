package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/honeymoat/honeymoat/pkg/behaviour/slow"
)

const (
	leastRequests = 3  // of whom a profile is made
	leastMates    = 3  // of a class, besides who asks
	halfRequests  = 10 // in each half of who is to find itself
)

// question is a set of clients with what two of them have in common.
type question struct {
	name     string
	profiles []slow.Candidate
	class    []string // of each; "" = it only stands among the others
}

// measure prints what holds for a log.
func measure(w io.Writer, path string) error {
	actors, err := read(path)
	if err != nil {
		return err
	}
	maps.DeleteFunc(actors, func(_ string, r []slow.Request) bool { return len(r) < leastRequests })
	fmt.Fprintf(w, "%s: %d clients with %d requests and more\n", filepath.Base(path), len(actors), leastRequests)
	for _, q := range []question{
		classed("fleets", actors, fleet, slow.Agent), classed("agents", actors, agent, slow.Agent), targets(actors), halves(actors),
	} {
		q.print(w)
	}
	return nil
}

// classed gives each client a class by something that its profile leaves out.
func classed(name string, actors map[string][]slow.Request, class func([]slow.Request) string, without slow.Aspect) question {
	q := question{name: name}
	for _, a := range slices.Sorted(maps.Keys(actors)) {
		q.add(a, actors[a], class(actors[a]), without)
	}
	return q
}

func (q *question) add(name string, requests []slow.Request, class string, without ...slow.Aspect) {
	q.profiles = append(q.profiles, slow.Candidate{Name: name, Profile: slow.NewProfile(slices.Clone(requests), without...)})
	q.class = append(q.class, class)
}

// agent is the one user agent of a client; "" when it has several.
func agent(requests []slow.Request) string {
	for i := range requests {
		if requests[i].UserAgent != requests[0].UserAgent {
			return ""
		}
	}
	return requests[0].UserAgent
}

// fleet is agent, of who says that it is a program.
func fleet(requests []slow.Request) string {
	name := agent(requests)
	if lower := strings.ToLower(name); strings.Contains(lower, "http") || strings.Contains(lower, "bot") {
		return name
	}
	return ""
}

// targets classes clients by the page that they began on, and leaves it out.
func targets(actors map[string][]slow.Request) question {
	q := question{name: "targets"}
	for _, a := range slices.Sorted(maps.Keys(actors)) {
		requests := slices.SortedStableFunc(slices.Values(actors[a]), func(a, b slow.Request) int { return cmp.Compare(a.Time, b.Time) })
		first := requests[0].Path
		rest := slices.DeleteFunc(requests, func(r slow.Request) bool { return r.Path == first || strings.HasSuffix(r.Referer, first) })
		if len(rest) == 0 {
			continue
		}
		q.add(a, rest, first, slow.Agent)
	}
	return q
}

// halves has one half of each client's requests, cut in the middle, find the
// other among those of all.
func halves(actors map[string][]slow.Request) question {
	q := question{name: "itself"}
	for _, a := range slices.Sorted(maps.Keys(actors)) {
		n := len(actors[a]) / 2
		if n < halfRequests {
			q.add(a, actors[a], "")
			continue
		}
		q.add(a+" early", actors[a][:n], a)
		q.add(a+" late", actors[a][n:], a)
	}
	return q
}

func (q *question) print(w io.Writer) {
	mates := map[string]int{}
	for _, c := range q.class {
		mates[c]++
	}
	least := leastMates
	if q.name == "itself" {
		least = 1
	}
	var asked, five, ten, chance float64
	classes := map[string]bool{}
	for i, class := range q.class {
		m := mates[class] - 1
		if class == "" || m < least {
			continue
		}
		classes[class] = true
		asked++
		found := slow.Similar(q.profiles[i].Profile, slices.Delete(slices.Clone(q.profiles), i, i+1), 10)
		five += q.hits(found[:min(5, len(found))], class) / float64(min(5, m))
		ten += q.hits(found, class) / float64(min(10, m))
		chance += float64(m) / float64(len(q.profiles)-1)
	}
	if asked == 0 {
		fmt.Fprintf(w, "  %-8s nobody to ask\n", q.name)
		return
	}
	fmt.Fprintf(w, "  %-8s %4.0f clients in %3d classes among %d: precision@5 %.3f, @10 %.3f; by chance %.3f\n",
		q.name, asked, len(classes), len(q.profiles), five/asked, ten/asked, chance/asked)
}

func (q *question) hits(found []slow.Match, class string) (n float64) {
	for _, m := range found {
		if q.class[slices.IndexFunc(q.profiles, func(c slow.Candidate) bool { return c.Name == m.Name })] == class {
			n++
		}
	}
	return n
}
