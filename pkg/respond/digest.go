package respond

import (
	"cmp"
	"slices"
	"time"

	"github.com/honeymoat/honeymoat/pkg/finding"
)

// Digest sums up what was found since a time: for people who read it once a
// day, what nobody was woken for included.
type Digest struct {
	Since    time.Time
	Actors   int           // about whom something was found
	Blocked  int           // of them, on whom a block was made
	Families []FamilyCount // of the latest evidence about each, most first
	Busiest  []Actor       // those with most findings, most first
}

// FamilyCount is how many actors a family of evidence is about.
type FamilyCount struct {
	Family finding.Family
	Actors int
}

// Digest sums up the time since, with at most so many actors by name.
func (s *Service) Digest(since time.Time, named int) Digest {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := Digest{Since: since}
	families := map[finding.Family]int{}
	var busiest []*Actor
	for _, a := range s.ledger.actors {
		if a.Touched.Before(since) || len(a.Evidence) == 0 {
			continue
		}
		d.Actors++
		if len(a.Blocks) > 0 {
			d.Blocked++
		}
		families[a.Evidence[len(a.Evidence)-1].Family]++
		busiest = insertBusy(busiest, a, named)
	}
	for family, n := range families {
		d.Families = append(d.Families, FamilyCount{family, n})
	}
	slices.SortFunc(d.Families, func(a, b FamilyCount) int {
		return cmp.Or(cmp.Compare(b.Actors, a.Actors), cmp.Compare(a.Family, b.Family))
	})
	for _, a := range busiest {
		d.Busiest = append(d.Busiest, a.clone())
	}
	return d
}

// insertBusy keeps the n with most findings, in order.
func insertBusy(busiest []*Actor, a *Actor, n int) []*Actor {
	at, _ := slices.BinarySearchFunc(busiest, a, func(a, b *Actor) int {
		return cmp.Or(cmp.Compare(b.Findings, a.Findings), compareActors(a.Actor, b.Actor))
	})
	if at >= n {
		return busiest
	}
	busiest = slices.Insert(busiest, at, a)
	return busiest[:min(len(busiest), n)]
}
