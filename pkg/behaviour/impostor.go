package behaviour

import (
	"fmt"
	"math/bits"
	"strings"
)

// awake is in how many hours of the last day there was a request.
func (p *past) awake() float64 { return float64(bits.OnesCount32(p.hours)) }

// posed looks for who says he is a browser, and does not what browsers do here:
// fetch the parts of pages, say which page led to the next, sleep.
func (p *pass) posed(r *record, a *actor) {
	if a.crowd != browsers || r.crowd != browsers || !p.wanted(a, impostor, float64(a.turns)) || !a.alone() {
		return
	}
	c, _ := p.company(a, func(c *company) *peers { return &c.hours })
	if c == nil {
		return
	}
	signs, chance := p.signs(a, c)
	if !p.judge(a, impostor, float64(a.turns), chance, impostorRare*p.rare()) {
		return
	}
	p.say(impostor, r, a, look{
		chance: chance, seen: float64(len(signs)), expected: 0, upper: 1, series: "signs that a browser at " + p.siteName(r) + " is none", unit: "signs",
		reason: fmt.Sprintf("In %s a browser turned to %d pages of %s and %s", since(a, r), a.turns, p.siteName(r), strings.Join(signs, ", ")),
	})
}

// impostorRare is how much more often by chance this is told than others: a
// sign is there or not, and there are few.
const impostorRare = 10

// signs lists what is odd about a browser, and how rare that is for one.
func (p *pass) signs(a *actor, c *company) (signs []string, chance float64) {
	least := float32(p.observer.limits.Peers)
	chances := make([]float64, 0, 4)
	add := func(chance float64, sign string) {
		signs, chances = append(signs, sign), append(chances, chance)
	}
	if a.parts == 0 && c.bare.n >= least {
		add(c.bare.chance(), fmt.Sprintf("fetched no style, script or picture (%.1f %% of browsers here do not)", 100*c.bare.chance()))
	}
	if a.referred == 0 && c.sudden.n >= least {
		add(c.sudden.chance(), fmt.Sprintf("never came from another page (%.1f %% of browsers here never do)", 100*c.sudden.chance()))
	}
	if awake := a.past.awake(); awake >= restless {
		add(c.hours.tail(awake), fmt.Sprintf("was active in %.0f hours of the last day", awake))
	}
	if len(signs) < 2 {
		return signs, 1
	}
	if float32(c.pages.n) >= least {
		chances = append(chances, c.pages.tail(float64(a.pages.count)))
	}
	return signs, together(chances...)
}

// restless is who is active in so many hours of a day.
const restless = 18
