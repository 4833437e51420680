package series

import (
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
		p.fetched += waiting[i].fetch(p.t)
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
	if c := &o.places[r.place]; r.ours {
		c.refused++
	} else {
		p.read(p.t.lanes.all[c.lane])
		p.countPlace(c)
	}
	for i := range r.people[:r.persons] {
		p.countPerson(&r.people[i])
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
