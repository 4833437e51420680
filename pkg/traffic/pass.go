package traffic

import (
	"time"

	"github.com/honeymoat/honeymoat/pkg/block"
	"github.com/honeymoat/honeymoat/pkg/event"
)

// principalField is a column that names principals.
type principalField struct {
	kind  kind
	field event.TextField
}

// principalFields are those columns, the most telling of who shares an address
// first.
var principalFields = [...]principalField{
	{kindUser, event.User}, {kindToken, event.Principal}, {kindApplication, event.Application}, {kindSession, event.Session},
	{kindFingerprint, event.TLSFingerprint}, {kindUserAgent, event.UserAgent},
}

// name is whom a row names, as blocks do: they know of a user agent how it
// begins.
func (f principalField) name(b *event.Batch, row int) []byte {
	name := b.Text(f.field, row)
	if f.kind == kindUserAgent && len(name) > block.MaxValue {
		name = []byte(block.CutValue(string(name)))
	}
	return name
}

// pass is one pass over a batch. Rows are counted some at a time, so that the
// memory of all of them is fetched at once: it is what counting waits for.
type pass struct {
	counts   *Counts
	batch    *event.Batch
	addrs    []event.Addr
	times    []int64
	statuses []int64
	fields   []principalField // that the batch has
	now      int64            // nanoseconds
	hour     hour             // of the row before
	begins   int64            // of that hour, in nanoseconds

	rows       int // that wait to be counted
	hours      [atOnce]hour
	successes  [atOnce]bool
	clients    keys
	principals [len(principalFields)]keys
}

// atOnce is how many rows are counted together.
const atOnce = 64

// keys are those of some rows, and their places; 0 is none.
type keys struct {
	key [atOnce]uint64
	at  [atOnce]int32
}

const (
	unset     = -1 << 62
	nsPerHour = int64(time.Hour)
)

// pass makes the counters' own pass ready. The caller holds mu.
func (c *Counts) pass(b *event.Batch, now time.Time) *pass {
	p := &c.passing
	p.counts, p.batch, p.rows, p.fields = c, b, 0, p.fields[:0]
	p.addrs, p.times, p.statuses = b.AddrColumn(event.ClientAddress), b.NumberColumn(event.Time), b.NumberColumn(event.Status)
	p.now, p.begins = now.UnixNano(), unset
	for _, f := range principalFields {
		if _, ends := b.TextColumn(f.field); len(ends) > 0 {
			p.fields = append(p.fields, f)
		}
	}
	return p
}

// row takes a row to be counted.
func (p *pass) row(row int) {
	if !p.seek(row) {
		return
	}
	i := p.rows
	p.hours[i] = p.hour
	p.successes[i] = row < len(p.statuses) && p.statuses[row] >= 200 && p.statuses[row] < 400
	p.clients.key[i] = 0
	if row < len(p.addrs) && p.addrs[row] != (event.Addr{}) {
		p.clients.key[i] = clientKey(p.addrs[row])
	}
	for k, f := range p.fields {
		p.principals[k].key[i] = 0
		if name := f.name(p.batch, row); len(name) > 0 {
			p.principals[k].key[i] = p.counts.principalKey(f.kind, name)
		}
	}
	if p.rows++; p.rows == atOnce {
		p.flush()
	}
}

// seek finds the row's hour; it fails for what is too old.
func (p *pass) seek(row int) bool {
	at := p.now
	if row < len(p.times) && p.times[row] != event.Unknown {
		at = min(at, p.times[row])
	}
	if at < p.begins || at-p.begins >= nsPerHour {
		p.hour = hourOf(at)
		p.begins = int64(p.hour) * nsPerHour
	}
	return p.hour > hourOf(p.now)-dayHours
}

// flush counts the rows that wait.
func (p *pass) flush() {
	clients, principals := p.counts.clients, p.counts.principals
	p.countAll(clients, &p.clients)
	for k := range p.fields {
		p.countAll(principals, &p.principals[k])
	}
	for i := range p.rows {
		if key := p.behind(i); key != 0 && p.successes[i] && p.clients.key[i] != 0 {
			clients.behind(clients.still(&p.clients, i, p.hours[i]), uint32(key>>32), p.hours[i])
		}
	}
	p.rows = 0
}

// behind is the principal that a row names as who shares its client, or 0.
func (p *pass) behind(i int) uint64 {
	for k, f := range p.fields {
		if key := p.principals[k].key[i]; key != 0 && f.kind.shares() {
			return key
		}
	}
	return 0
}

// countAll counts the rows that wait in one table.
func (p *pass) countAll(t *table, k *keys) {
	t.seek(k, p.rows)
	for i := range p.rows {
		if k.key[i] != 0 {
			t.count(t.still(k, i, p.hours[i]), p.hours[i], p.successes[i])
		}
	}
}

// still gives the place of a key, which may have been made or have moved since
// it was sought.
func (t *table) still(k *keys, i int, h hour) int {
	if at := k.at[i]; at < 0 || t.entries[at].key != k.key[i] {
		k.at[i] = int32(t.at(k.key[i], h))
	}
	return int(k.at[i])
}

// seek finds the places of some keys; -1 is nowhere. What counting will need
// is fetched on the way, many at a time.
func (t *table) seek(k *keys, n int) {
	for i, key := range k.key[:n] {
		k.at[i] = int32(t.index[t.slot(key)]) - 1
	}
	for i, at := range k.at[:n] {
		if at >= 0 && t.entries[at].key != k.key[i] {
			k.at[i] = int32(t.find(k.key[i]))
		}
	}
	for _, at := range k.at[:n] {
		if at >= 0 {
			t.fetched += t.cells.items[t.entries[at].cells].requests
		}
	}
}
