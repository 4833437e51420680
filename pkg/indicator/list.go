package indicator

import (
	"fmt"
	"hash/maphash"
	"math"
	"net/netip"
	"slices"
	"strings"
	"time"
)

const (
	maxLists = 255       // that a set can hold
	maxList  = 1<<24 - 1 // indicators that a list can hold
	maxText  = 1 << 30   // bytes of their keys
	maxKey   = math.MaxUint16
)

// List is the indicators of one feed, packed. It is immutable.
type List struct {
	feed     string
	records  []record
	text     []byte // the keys, back to back
	notes    []note
	patterns []pattern
}

// record is one indicator without its words.
type record struct {
	key         uint32 // where its key begins in the list's text
	length      uint16
	kind        Kind
	confidence  uint8
	bits        uint8 // of an address's prefix
	subdomains  bool
	from, until uint32 // Unix seconds; 0 = no bound
	note        uint32
}

// note is what many indicators of a list have in common.
type note struct {
	source, reference string
	labels            []string
}

// Feed is the name of the feed.
func (l *List) Feed() string { return l.feed }

// Len is the number of indicators.
func (l *List) Len() int { return len(l.records) }

// Count is the number of indicators of a kind.
func (l *List) Count(k Kind) int {
	n := 0
	for i := range l.records {
		if l.records[i].kind == k {
			n++
		}
	}
	return n
}

// Cover is the share of all addresses, from 0 to 1, that the list is about: of
// IPv4, or of what is given out of IPv6 (2000::/3), whichever is more. What lies
// in several prefixes counts for each.
func (l *List) Cover() float64 {
	const givenOut = 3 // bits
	var four, six float64
	for i := range l.records {
		switch r := &l.records[i]; {
		case r.kind != Address:
		case r.length == 4:
			four += math.Exp2(-float64(r.bits))
		default:
			six += math.Exp2(givenOut - float64(r.bits))
		}
	}
	return min(1, max(four, six))
}

func (l *List) keyOf(r *record) []byte { return l.text[r.key : r.key+uint32(r.length)] }

// single tells whether a record is an address and not a wider prefix.
func (r *record) single() bool { return int(r.bits) == 8*int(r.length) }

// live tells whether the record is valid at a time, in Unix seconds.
func (r *record) live(now uint32) bool { return r.from <= now && (r.until == 0 || now < r.until) }

// At gives the i-th indicator, in the order in which the feed has them.
func (l *List) At(i int) Indicator {
	r := &l.records[i]
	n := &l.notes[r.note]
	return Indicator{
		Kind: r.kind, Value: l.value(r), Subdomains: r.subdomains, Feed: l.feed, Source: n.source,
		Confidence: int(r.confidence), Labels: n.labels, Reference: n.reference, From: fromSeconds(r.from), Until: fromSeconds(r.until),
	}
}

func (l *List) value(r *record) string {
	key := l.keyOf(r)
	if r.kind != Address {
		return string(key)
	}
	a, _ := netip.AddrFromSlice(key)
	return prefixText(netip.PrefixFrom(a, int(r.bits)))
}

// prefixText writes a prefix, or the address that it is.
func prefixText(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}

func seconds(t time.Time) uint32 {
	if t.IsZero() {
		return 0
	}
	return uint32(min(max(t.Unix(), 1), math.MaxUint32))
}

func fromSeconds(s uint32) time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(int64(s), 0).UTC()
}

// builder packs indicators. Of two with the same value it keeps the more
// confident one, and the one that is valid for longer if they are equal.
type builder struct {
	list  List
	notes map[string]uint32
	index index
	seed  maphash.Seed
}

func newBuilder(feed string) *builder {
	return &builder{list: List{feed: feed}, notes: map[string]uint32{}, seed: maphash.MakeSeed()}
}

// NewList makes a list of indicators that are at hand already. The error
// names the first one that is none.
func NewList(feed string, indicators ...Indicator) (*List, error) {
	b := newBuilder(feed)
	for i := range indicators {
		k, err := keyOf(indicators[i].Kind, indicators[i].Value)
		if err == nil {
			_, err = b.add(&indicators[i], k)
		}
		if err != nil {
			return nil, fmt.Errorf("indicator %d of feed %s: %w", i+1, feed, err)
		}
	}
	return b.done(), nil
}

// add packs an indicator; it tells whether the list did not have its value yet.
func (b *builder) add(i *Indicator, k key) (bool, error) {
	if len(b.list.records) >= maxList || len(b.list.text) >= maxText {
		return false, fmt.Errorf("a feed can have up to %d indicators", maxList)
	}
	r := record{
		length: uint16(len(k.bytes)), kind: k.kind, confidence: uint8(min(max(i.Confidence, 0), 100)), bits: k.bits,
		subdomains: k.subdomains || i.Subdomains, from: seconds(i.From), until: seconds(i.Until), note: b.note(i),
	}
	hash := hashOf(b.seed, k.bytes) + uint32(k.kind)<<16 + uint32(k.bits)
	b.index.reserve(len(b.list.records) + 1)
	at := b.index.find(hash, func(ref uint32) bool {
		old := &b.list.records[ref-1]
		return old.kind == r.kind && old.bits == r.bits && string(b.list.keyOf(old)) == string(k.bytes)
	})
	if ref := b.index.slots[at].ref; ref != 0 {
		b.replace(&b.list.records[ref-1], r)
		return false, nil
	}
	if k.pattern != nil {
		k.pattern.record = uint32(len(b.list.records))
		b.list.patterns = append(b.list.patterns, *k.pattern)
	}
	r.key = uint32(len(b.list.text))
	b.list.text = append(b.list.text, k.bytes...)
	b.list.records = append(b.list.records, r)
	b.index.put(at, hash, uint32(len(b.list.records)))
	return true, nil
}

func (b *builder) replace(old *record, r record) {
	longer := old.until != 0 && (r.until == 0 || r.until > old.until)
	if r.confidence > old.confidence || r.confidence == old.confidence && longer {
		r.key = old.key
		r.subdomains = r.subdomains || old.subdomains
		*old = r
	}
}

// note gives the number of an indicator's words.
func (b *builder) note(i *Indicator) uint32 {
	words := i.Source + "\x00" + i.Reference + "\x00" + strings.Join(i.Labels, "\x00")
	n, ok := b.notes[words]
	if !ok {
		n = uint32(len(b.list.notes))
		b.notes[words] = n
		b.list.notes = append(b.list.notes, note{source: i.Source, reference: i.Reference, labels: slices.Clone(i.Labels)})
	}
	return n
}

// done gives the list; the builder is used up.
func (b *builder) done() *List {
	l := b.list
	l.records, l.text, l.notes = slices.Clip(l.records), slices.Clip(l.text), slices.Clip(l.notes)
	return &l
}
