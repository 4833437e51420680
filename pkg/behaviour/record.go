package behaviour

import (
	"bytes"

	"github.com/zeebo/xxh3"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// record is a row as detectors look at it.
type record struct {
	row      int
	named    bool // it names an actor
	time     int64
	status   int64
	given    bool // answered with success
	denied   bool // refused, or not there
	asset    bool
	path     []byte
	site     uint64
	route    uint64 // 0 = none
	crowd    crowd
	agent    uint64 // hash of the user agent
	kind     kind
	actor    uint64 // hash of whom the record names
	address  uint64 // hash of the client; 0 = not known
	asked    asked
	template *route // nil = none
}

// pass is one pass over a batch.
type pass struct {
	observer *Observer
	batch    *event.Batch
	tell     func(*Suspicion)
	now      int64 // records are not later
	elsewhen int64 // the time of those that have none
	plain    uint64
	host     lastText
	site     uint64 // of the record that is watched
	time     int64
	said     Suspicion
	waiting  [ahead]record // rows that have been read
	waits    int
	fetched  uint64 // a sum of no meaning, for which actors are read ahead
}

// ahead is how many rows are read before the first of them is watched, so that
// the memory of all their actors is fetched at once: it is what watching waits
// for.
const ahead = 16

// lastText saves hashing the same text again.
type lastText struct {
	text []byte
	hash uint64
}

func (l *lastText) of(text []byte, seed uint64) uint64 {
	if l.hash == 0 || !bytes.Equal(l.text, text) {
		l.text, l.hash = text, xxh3.HashSeed(text, seed)|1
	}
	return l.hash
}

// Salts of the hashes of different things.
const (
	saltSite uint64 = iota + 100
	saltRoute
	saltNetwork
)

func (p *pass) begin(o *Observer, b *event.Batch, tell func(*Suspicion)) {
	p.observer, p.batch, p.tell = o, b, tell
	p.now, p.elsewhen = b.Received, b.Received
	if p.now == 0 {
		p.now = 1<<63 - 1
	}
	p.host = lastText{}
	p.plain = xxh3.HashStringSeed(b.Source, o.seed+saltSite) | 1
}

// finish lets go of the batch.
func (p *pass) finish() {
	clear(p.waiting[:])
	p.batch, p.tell, p.host, p.said = nil, nil, lastText{}, Suspicion{}
}

// read fills in the record of a row, by nothing but what the row tells.
func (p *pass) read(row int, r *record) {
	b := p.batch
	*r = record{row: row, time: p.elsewhen, path: b.Text(event.Path, row)}
	if t := b.Number(event.Time, row); t != event.Unknown {
		r.time = max(min(t, p.now), 0)
	}
	r.status = b.Number(event.Status, row)
	r.given = r.status >= 200 && r.status < 300 || r.status == 304
	r.denied = r.status == 403 || r.status == 404 || r.status == 410 || r.status == 400 || r.status == 422
	r.crowd, r.agent = p.observer.agents.of(b.Text(event.UserAgent, row))
	if addresses := b.AddrColumn(event.ClientAddress); row < len(addresses) {
		r.address = p.client(addresses[row])
	}
	r.asset = isAsset(r.path)
	r.named = p.identify(r)
}

// client is the hash of a client: of IPv6 the /64.
func (p *pass) client(a event.Addr) uint64 {
	if a == (event.Addr{}) {
		return 0
	}
	if [12]byte(a[:12]) == mapped {
		return xxh3.HashSeed(a[12:], p.observer.seed+uint64(kindAddress))
	}
	return xxh3.HashSeed(a[:8], p.observer.seed+uint64(kindAddress))
}

// mapped begins an IPv4 address.
var mapped = [12]byte{10: 0xff, 11: 0xff}

// names are the columns that name who is behind a request, the one that means
// fewest people first.
var names = [...]struct {
	kind  kind
	field event.TextField
}{
	{kindUser, event.User}, {kindToken, event.Principal}, {kindSession, event.Session}, {kindApplication, event.Application},
}

// identify finds whom a record names. What a record claims that was refused for
// who it is, is not who it was: only the address is left.
func (p *pass) identify(r *record) bool {
	b := p.batch
	if r.status != 401 {
		for _, n := range names {
			name := b.Text(n.field, r.row)
			if len(name) == 0 {
				continue
			}
			if r.kind = n.kind; n.kind == kindToken && string(b.Text(event.PrincipalKind, r.row)) == string(finding.Key) {
				r.kind = kindKey
			}
			if r.kind == kindKey || r.kind == kindApplication {
				r.crowd = partners
			}
			r.actor = xxh3.HashSeed(name, p.observer.seed+uint64(r.kind))
			return true
		}
	}
	r.kind, r.actor = kindAddress, r.address
	return r.address != 0
}

// whom gives the record's actor, as findings name it.
func (p *pass) whom(r *record) finding.Actor {
	if r.kind == kindAddress {
		return finding.ActorOf(p.batch.Addr(event.ClientAddress, r.row))
	}
	field := event.Principal
	for _, n := range names {
		if n.kind == r.kind {
			field = n.field
		}
	}
	return finding.Actor{Kind: r.kind.actorKind(), Value: string(p.batch.Text(field, r.row))}
}

// locate finds the record's site and route, once.
func (p *pass) locate(r *record) {
	if r.site != 0 {
		return
	}
	o, b := p.observer, p.batch
	name := b.Text(event.API, r.row)
	if len(name) == 0 {
		name = b.Text(event.Host, r.row)
	}
	r.site = p.plain
	if len(name) > 0 {
		r.site = p.host.of(name, o.seed+saltSite)
	}
	p.site = r.site
	template := b.Text(event.Route, r.row)
	if len(template) == 0 || r.asset {
		return
	}
	r.route = xxh3.HashSeed(template, r.site+saltRoute)
	place, fresh := o.routes.take(r.route)
	r.template = o.routes.at(place)
	if fresh {
		r.template.hole = holeOf(template)
	}
	r.template.requests++
}
