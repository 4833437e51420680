package series

import (
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// locate says which lane a row belongs to.
func (p *pass) locate(r *record) {
	r.route = p.text(hasRoute, r.row)
	r.method = methodOf(p.b.Text(event.Method, r.row))
	r.placeKey = max(1, xxh3.HashSeed(r.route, p.base+uint64(r.method)))
	if api := p.text(hasAPI, r.row); len(api) > 0 {
		r.placeKey = p.t.hash(api, r.placeKey)
	}
}

// newPlace makes the cell of a lane that had no requests in the minute yet.
func (p *pass) newPlace() int {
	key := p.r.placeKey
	known, minute := &p.t.lanes, p.minute
	lane := known.find(key)
	if lane < 0 {
		if lane = known.take(key, false, minute.number); lane >= 0 {
			known.set(lane, p.newLane())
		}
	}
	if lane < 0 {
		p.t.stats.TurnedAway++
		key = max(1, p.base)
		if at := minute.placeAt.find(key); at >= 0 {
			return at
		}
		if lane = p.otherLane(key); lane < 0 {
			return -1
		}
	}
	p.own(known.all[lane], p.r.row)
	known.slots[lane].open++
	minute.places = append(minute.places, place{lane: int32(lane)})
	minute.placeAt.put(key, len(minute.places)-1)
	return len(minute.places) - 1
}

// otherLane is that of what found no room, or -1.
func (p *pass) otherLane(key uint64) int {
	known := &p.t.lanes
	at := known.find(key)
	if at < 0 {
		if at = known.take(key, true, p.minute.number); at >= 0 {
			l := &lane{source: p.b.Source, gateway: p.b.Gateway, kinds: p.kinds, other: true, from: 1, route: &Key{Dimension: Route, Name: OtherRoute}}
			p.t.lead(l)
			known.set(at, l)
		}
	}
	return at
}

// own notes the team that the tags of a row name, which may have changed: then
// the API's has too, if it was that of the route.
func (p *pass) own(l *lane, row int) {
	owner, before := event.Owner(p.b.Text(event.Tags, row)), l.route.Owner
	if len(owner) == 0 || string(owner) == before {
		return
	}
	l.route = l.route.owned(string(owner))
	if apis := &p.t.series[API]; l.places[API] != 0 {
		if at := apis.find(l.places[API]); at >= 0 && apis.keys[at].Owner == before {
			apis.keys[at] = apis.keys[at].owned(l.route.Owner)
		}
	}
}

// newLane says what the row's route is.
func (p *pass) newLane() *lane {
	r, api := p.r, p.text(hasAPI, p.r.row)
	template := string(r.route)
	if template == "" {
		template = OtherRoute
	}
	l := &lane{
		source: p.b.Source, gateway: p.b.Gateway, kinds: p.kinds, method: r.method, from: 1,
		route: &Key{Dimension: Route, Name: methodNames[r.method] + " " + template, API: string(api)},
	}
	if len(r.route) > 0 {
		l.from, l.to = objectSegments(template, string(p.b.Text(event.Path, r.row)))
	}
	if !strings.HasSuffix(template, unknownRest) && !strings.HasSuffix(template, OtherRoute) {
		l.factsKey = p.t.hash([]byte(template+"\x00"+l.route.API), saltRoute)
	}
	p.t.lead(l)
	return l
}

// lead says which places a lane is part of.
func (t *Table) lead(l *lane) {
	l.places[Whole] = t.hash(nil, saltWhole)
	if l.gateway != "" {
		l.places[Gateway] = t.hash([]byte(l.gateway), saltGateway)
	}
	if l.source != "" {
		l.places[Source] = t.hash([]byte(l.source), saltSource)
	}
	if l.route.API != "" {
		l.places[API] = t.hash([]byte(l.route.API), saltAPI)
	}
	l.places[Route] = t.hash([]byte(l.route.Name+"\x00"+l.route.API), saltRoute)
}
