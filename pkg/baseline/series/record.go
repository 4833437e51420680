package series

import "github.com/honeymoat/honeymoat/pkg/event"

// record is what a row tells.
type record struct {
	row      int
	time     int64
	ours     bool // refused by us
	minute   *open
	route    []byte
	method   uint8
	placeKey uint64
	place    int // in the minute, or -1

	client    uint64 // clientKey
	address   uint64 // hash of it
	addr      event.Addr
	principal uint64
	kind      uint8
	name      []byte // of the principal
	network   uint64
	people    [4]identity
	persons   int

	status int64
	class  uint8 // of the status; 0 = no answer, 499 included
	in     int64 // bytes, or event.Unknown
	out    int64
	timed  bool
	bucket uint16 // of the duration
	path   uint64 // hashes; 0 = not told
	object uint64
	agent  uint64
	header uint64
	query  uint32
}

// identity is somebody who a row is counted for.
type identity struct {
	dimension Dimension
	key       uint64
	at        int // in the minute, or -1
}

func (r *record) is(d Dimension, key uint64) {
	r.people[r.persons] = identity{dimension: d, key: key}
	r.persons++
}

// find finds where the row is to be counted.
func (r *record) find() {
	r.place = r.minute.placeAt.find(r.placeKey)
	for i := range r.people[:r.persons] {
		r.people[i].at = r.minute.personAt.find(r.people[i].key)
	}
}

// fetch reads what is there, and of whom nothing is there yet, what is known.
func (r *record) fetch(t *Table) (sum uint32) {
	if r.place >= 0 {
		sum += r.minute.places[r.place].requests
	}
	for i := range r.people[:r.persons] {
		who := &r.people[i]
		if who.at >= 0 {
			sum += r.minute.people[who.at].requests
		} else if known := &t.series[who.dimension]; len(known.slots) > 0 {
			sum += uint32(known.slots[max(known.find(who.key), 0)].open)
		}
	}
	return sum
}

// clientLeft is the status by which nginx says that there was no answer.
const clientLeft = 499

// read takes the columns of an answered request.
func (p *pass) read(l *lane) {
	r, b, row := p.r, p.b, p.r.row
	r.status, r.class = number(p.statuses, row), 0
	if r.status >= 100 && r.status < 600 && r.status != clientLeft {
		r.class = uint8(r.status / 100)
	}
	r.in, r.out = number(p.in, row), number(p.out, row)
	duration := number(p.durations, row)
	if r.timed = duration >= 0; r.timed {
		r.bucket = bucketOf(duration)
	}
	r.object, r.header = 0, 0
	if object := l.object(b.Text(event.Path, row)); len(object) > 0 {
		r.object = p.t.hash(object, saltObject)
	}
	p.sign(r)
}

// digest takes what is asked for, and by which agent.
func (p *pass) digest(r *record) {
	r.path, r.agent = 0, 0
	if path := p.b.Text(event.Path, r.row); len(path) > 0 {
		r.path = p.t.hash(path, saltPath)
	}
	if agent := p.text(hasAgent, r.row); len(agent) > 0 {
		r.agent = p.t.hash(agent, saltAgent)
	}
}

// sign makes the signatures of a request.
func (p *pass) sign(r *record) {
	row := r.row
	headers, media := p.text(hasHeaders, row), mediaType(p.text(hasContentType, row))
	if len(headers)+len(media) > 0 {
		r.header = p.t.hash(media, p.t.hash(headers, saltHeader))
	}
	r.query = 0
	if signature := p.text(hasQuerySignature, row); len(signature) > 0 {
		r.query = uint32(p.t.hash(signature, saltQuery))
	} else if query := p.text(hasQuery, row); len(query) > 0 {
		r.query = querySignature(query, p.t.seed+saltQuery)
	}
}

// identify says who sent a row, and who it is counted for.
func (p *pass) identify(r *record) {
	row := r.row
	r.persons, r.client, r.network = 0, 0, 0
	if row < len(p.addrs) && p.addrs[row] != (event.Addr{}) {
		r.addr = p.addrs[row]
		r.client = clientKey(&r.addr)
		r.address = p.t.addressKey(r.client)
		r.is(Address, r.address)
	}
	application := p.text(hasApplication, row)
	p.name(r, application)
	if r.kind == kindUser || r.kind == kindToken || r.kind == kindKey {
		r.is(Principal, r.principal)
	}
	if len(application) > 0 {
		r.is(Application, p.t.hash(application, saltApplication))
	}
	if network := p.text(hasNetwork, row); len(network) > 0 {
		r.network = p.t.hash(network, saltNetwork)
		r.is(Network, r.network)
	}
}

// name says who is behind a row.
func (p *pass) name(r *record, application []byte) {
	r.kind, r.name, r.principal = anonymous, nil, 0
	if name := p.text(hasUser, r.row); len(name) > 0 {
		r.kind, r.name = kindUser, name
	} else if name := p.text(hasPrincipal, r.row); len(name) > 0 {
		r.kind, r.name = kindToken, name
		if string(p.b.Text(event.PrincipalKind, r.row)) == kindNames[kindKey] {
			r.kind = kindKey
		}
	} else if name := p.text(hasSession, r.row); len(name) > 0 {
		r.kind, r.name = kindSession, name
	} else if len(application) > 0 {
		r.kind, r.name = kindApplication, application
	}
	if r.kind != anonymous {
		r.principal = p.t.hash(r.name, saltPrincipal+uint64(r.kind))
	}
}

// short is a hash in the bits that counting different values takes.
func short(hash uint64) uint32 { return uint32(hash >> 32) }
