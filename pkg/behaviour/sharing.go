package behaviour

import (
	"fmt"

	"github.com/zeebo/xxh3"

	"github.com/honeymoat/honeymoat/pkg/event"
	"github.com/honeymoat/honeymoat/pkg/finding"
)

// settled is how many windows of a user or key have to have been seen in which
// it was in one place at a time.
const settled = 2

// moved watches from where a token is used.
func (p *pass) moved(r *record, a *actor) {
	if a.kind == kindAddress || a.kind == kindApplication || r.address == 0 {
		return
	}
	strict := a.kind == kindUser || a.kind == kindKey
	a.move(p.placeOf(r), strict)
	if a.returns == 0 || !p.wanted(a, shared, float64(a.returns)) {
		return
	}
	known := &p.observer.shares[a.kind]
	if float64(known.n) < float64(p.observer.limits.Peers) || strict && a.past.lonely < settled {
		return
	}
	returns := float64(a.returns)
	if returns < habit*float64(a.past.returns) {
		return
	}
	chance := known.tail(returns)
	if !p.judge(a, shared, returns, chance, p.rare()) {
		return
	}
	p.say(shared, r, a, look{
		chance: chance, seen: returns, series: "returns from one place to another, of a " + string(a.kind.actorKind()), unit: "returns",
		tier: a.sharedTier(), reason: a.sharedReason(p, r), parts: p.partsOf(r),
	}.among(known))
}

// sharedTier is loud when the places are in different countries.
func (w *watch) sharedTier() finding.Tier {
	for i := range w.places {
		if w.places[i].abroad(&w.places[w.place]) {
			return finding.Notify
		}
	}
	return finding.Log
}

func (a *actor) sharedReason(p *pass, r *record) string {
	places := 0
	for i := range a.places {
		if a.places[i].network != 0 {
			places++
		}
	}
	return fmt.Sprintf("In %s it was used in %d places in turn that share neither network nor client, and came back %d times within minutes",
		since(a, r), places, a.returns)
}

func (p *pass) partsOf(r *record) []finding.Part {
	var parts []finding.Part
	for _, f := range []event.TextField{event.Network, event.Country} {
		if v := p.batch.Text(f, r.row); len(v) > 0 {
			parts = append(parts, finding.Part{Kind: f.String(), Value: finding.Clip(string(v), 64)})
		}
	}
	return append(parts, finding.Part{Kind: string(finding.Address), Value: p.batch.Addr(event.ClientAddress, r.row).String()})
}

// placeOf is from where a record came: network and country where they are
// known, else the first half of the address, and the client.
func (p *pass) placeOf(r *record) place {
	b := p.batch
	now := place{agent: uint32(r.agent), last: r.time, count: 1}
	if fingerprint := b.Text(event.TLSFingerprint, r.row); r.agent == 0 && len(fingerprint) > 0 {
		now.agent = uint32(p.observer.hash(fingerprint, saltNetwork))
	}
	address := b.AddrColumn(event.ClientAddress)[r.row]
	now.six = [12]byte(address[:12]) != mapped
	if network := b.Text(event.Network, r.row); len(network) > 0 {
		now.network, now.sure = uint32(p.observer.hash(network, saltNetwork))|1, true
	} else if now.six {
		now.network = uint32(xxh3.HashSeed(address[:4], p.observer.seed)) | 1
	} else {
		now.network = uint32(xxh3.HashSeed(address[12:14], p.observer.seed)) | 1
	}
	if country := b.Text(event.Country, r.row); len(country) == 2 {
		now.country = uint16(country[0])<<8 | uint16(country[1])
	}
	return now
}
