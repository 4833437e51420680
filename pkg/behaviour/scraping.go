package behaviour

import "fmt"

// scraped looks for somebody who fetches far more different pages than others
// of his kind, and than he did before.
func (p *pass) scraped(r *record, a *actor) {
	count := float64(a.pages.count)
	if !p.wanted(a, scraping, count) {
		return
	}
	people := a.people()
	if !p.wanted(a, scraping, count/people) || count < habit*float64(a.past.pages) {
		return
	}
	c, known := p.company(a, func(c *company) *peers { return &c.pages })
	if c == nil {
		return
	}
	chance := known.tail(count / people)
	if !p.judge(a, scraping, count/people, chance, p.rare()) {
		return
	}
	reason := fmt.Sprintf("%.0f different pages of %s in %s, %d requests in all (of 20 others, 19 fetch at most %.0f)",
		count, p.siteName(r), since(a, r), a.turns, known.quantile(0.95))
	if r.template != nil && r.template.hole != noHole && r.template.ids.count > 20 {
		for i := range a.objects {
			if t := &a.objects[i]; t.route == r.route {
				reason += fmt.Sprintf("; %.0f %% of all there is at %s", min(100*float64(t.ids.count)/float64(r.template.ids.count), 100), p.place(r))
			}
		}
	}
	p.say(scraping, r, a, look{
		chance: chance, seen: count / people, series: "different pages of an actor at " + p.siteName(r), unit: "pages", reason: reason,
	}.among(known))
}

// walked looks for somebody who turns over a list further than others do.
func (p *pass) walked(r *record, a *actor) {
	run := float64(a.walk.run)
	if !p.wanted(a, walk, run) || run < habit*float64(a.past.walk) {
		return
	}
	c, known := p.company(a, func(c *company) *peers { return &c.walks })
	if c == nil {
		return
	}
	chance := known.tail(run)
	if !p.judge(a, walk, run, chance, p.rare()) {
		return
	}
	p.say(walk, r, a, look{
		chance: chance, seen: run, series: "pages of a list in a row, at " + p.siteName(r), unit: "pages",
		reason: fmt.Sprintf("%.0f pages of %s, one after the other, in %s (of 20 others, 19 turn at most %.0f)",
			run, p.place(r), since(a, r), known.quantile(0.95)),
	}.among(known))
}
