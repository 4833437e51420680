package series

import (
	"encoding/binary"
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/honeymoat/honeymoat/pkg/event"
)

// pass is one pass over a batch.
type pass struct {
	t       *Table
	b       *event.Batch
	each    func(*Minute)
	refused []int
	now     int64

	times, statuses, in, out, durations []int64
	addrs                               []event.Addr
	has                                 [textColumns]bool

	base   uint64 // hash of gateway and source
	kinds  *kinds
	minute *open // of the row before, then of the row at hand
	fileOf *open // the minute among whose names the file is
	fileAt uint32

	waiting [atOnce]record // rows that are counted together
	waits   int
	r       *record // the row at hand
	fetched uint32  // a sum of no meaning, for which cells are read ahead
}

// atOnce is how many rows are counted together, so that the memory of all of
// them is fetched at once: it is what counting waits for.
const atOnce = 32

// The text columns that a batch may have or not, and that are asked for often.
const (
	hasRoute = iota
	hasAPI
	hasUser
	hasPrincipal
	hasSession
	hasApplication
	hasNetwork
	hasAgent
	hasHeaders
	hasContentType
	hasQuery
	hasQuerySignature
	textColumns
)

var textFields = [textColumns]event.TextField{
	event.Route, event.API, event.User, event.Principal, event.Session, event.Application, event.Network, event.UserAgent,
	event.HeaderSignature, event.ContentType, event.Query, event.QuerySignature,
}

// begin makes the table's own pass ready.
func (t *Table) begin(b *event.Batch, refused []int, now int64, each func(*Minute)) *pass {
	p := &t.passing
	*p = pass{
		waiting: p.waiting, t: t, b: b, each: each, refused: refused, now: now,
		times: b.NumberColumn(event.Time), statuses: b.NumberColumn(event.Status), in: b.NumberColumn(event.RequestBytes),
		out: b.NumberColumn(event.ResponseBytes), durations: b.NumberColumn(event.Duration), addrs: b.AddrColumn(event.ClientAddress),
	}
	for i, f := range textFields {
		_, ends := b.TextColumn(f)
		p.has[i] = len(ends) > 0
	}
	t.clock.begin(b.Source, now)
	p.base = xxh3.HashStringSeed(b.Source, xxh3.HashStringSeed(b.Gateway, t.seed))
	p.kinds = t.kindsOf(b.Source)
	return p
}

// end counts what waits, and lets go of the batch.
func (p *pass) end() {
	p.flush()
	clear(p.waiting[:])
	p.b, p.each, p.refused, p.minute, p.fileOf, p.r = nil, nil, nil, nil, nil, nil
}

// maxKinds bounds the sources whose kinds of principals are known; more share.
const maxKinds = 1024

func (t *Table) kindsOf(source string) *kinds {
	k := t.kinds[source]
	if k == nil {
		if len(t.kinds) >= maxKinds {
			source = ""
		}
		if k = t.kinds[source]; k == nil {
			k = &kinds{}
			t.kinds[source] = k
		}
	}
	return k
}

// text is a row's, of a column that is often missing.
func (p *pass) text(column, row int) []byte {
	if !p.has[column] {
		return nil
	}
	return p.b.Text(textFields[column], row)
}

func number(column []int64, row int) int64 {
	if row >= len(column) {
		return event.Unknown
	}
	return column[row]
}

// row takes a row to be counted.
func (p *pass) row(row int) {
	ours := p.isOurs(row)
	t, ok := p.seek(row)
	if !ok {
		return
	}
	r := &p.waiting[p.waits]
	r.row, r.time, r.ours, r.minute = row, t, ours, p.minute
	p.locate(r)
	p.identify(r)
	p.digest(r)
	if p.waits++; p.waits == atOnce {
		p.flush()
	}
}

func (p *pass) isOurs(row int) bool {
	for len(p.refused) > 0 && p.refused[0] < row {
		p.refused = p.refused[1:]
	}
	return len(p.refused) > 0 && p.refused[0] == row
}

// seek finds the time of a row and its minute. It fails when that is over, or
// has not come.
func (p *pass) seek(row int) (at int64, ok bool) {
	t, c := p.t, &p.t.clock
	raw := number(p.times, row)
	if raw == event.Unknown {
		if raw = p.b.Received; c.now != unset {
			raw = c.now
		}
	}
	at, ok = c.tell(raw)
	if t.due() {
		p.flush()
		t.advance(p.each)
		p.minute, p.fileOf = nil, nil // they may be over
	}
	if !ok {
		t.stats.Early++
		return at, false
	}
	if m := p.minute; m != nil && at >= m.start() && at-m.start() < nsPerMinute {
		c.trust()
		return at, true
	}
	if at < t.next*nsPerMinute {
		c.doubt(raw)
		t.stats.Late++
		return at, false
	}
	c.trust()
	p.minute = t.minute(minuteOf(at))
	return at, true
}

// flush counts the rows that wait.
func (p *pass) flush() {
	waiting := p.waiting[:p.waits]
	for i := range waiting {
		waiting[i].find()
	}
	for i := range waiting {
		p.fetched += waiting[i].fetch()
	}
	last := p.minute
	for i := range waiting {
		p.r = &waiting[i]
		p.minute = p.r.minute
		p.count()
	}
	p.minute, p.waits = last, 0
}

// count counts the row at hand.
func (p *pass) count() {
	r, o := p.r, p.r.minute
	if r.place < 0 {
		if r.place = o.placeAt.find(r.placeKey); r.place < 0 {
			r.place = p.newPlace()
		}
		if r.place < 0 {
			return
		}
	}
	lane := o.places[r.place].lane
	if r.ours {
		o.places[r.place].refused++
	} else {
		p.read(p.t.lanes.all[lane])
		p.countPlace(&o.places[r.place])
	}
	for i := range r.people[:r.persons] {
		p.countPerson(&r.people[i], lane)
	}
}

// minute gives one that is open.
func (t *Table) minute(number int64) *open {
	for int64(len(t.open)) <= number-t.next {
		t.open = append(t.open, nil)
	}
	at := &t.open[number-t.next]
	if *at == nil {
		if n := len(t.spare); n > 0 {
			*at, t.spare = t.spare[n-1], t.spare[:n-1]
		} else {
			*at = newOpen()
		}
		(*at).begin(number)
	}
	return *at
}

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
	owner, before := ownerOf(p.b.Text(event.Tags, row)), l.route.Owner
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

// clientKey is a client as a number: of IPv6 the /64, of IPv4 the address
// below 32 bits that no IPv6 client begins with.
func clientKey(a *event.Addr) uint64 {
	if [12]byte(a[:12]) == v4Mapped {
		return v4Base | uint64(binary.BigEndian.Uint32(a[12:]))
	}
	return binary.BigEndian.Uint64(a[:8])
}

const v4Base = uint64(0xffffffff) << 32 // ffff:ffff::/32 is multicast

var v4Mapped = [12]byte{10: 0xff, 11: 0xff}

// clientAddr is an address of a client's number.
func clientAddr(key uint64) (a event.Addr) {
	if key&v4Base == v4Base {
		copy(a[:], v4Mapped[:])
		binary.BigEndian.PutUint32(a[12:], uint32(key))
		return a
	}
	binary.BigEndian.PutUint64(a[:8], key)
	return a
}
