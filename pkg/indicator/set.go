package indicator

import (
	"bytes"
	"cmp"
	"fmt"
	"hash/maphash"
	"net/netip"
	"slices"
	"time"

	"github.com/gaissmai/bart"
)

// Set is the indicators of all feeds, ready to be looked up. It is immutable
// and safe for concurrent use; a nil Set is empty. What it answers is valid at
// the time that is given: the request's.
//
// A reference is a list's number and a record's in it, plus one. Records with
// the same key are chained, the first list's first; the chain of a prefix goes
// on with that of the next wider one.
type Set struct {
	seed     maphash.Seed
	lists    []*List
	next     [][]uint32 // by list and record: the next of the chain, 0 = none
	text     [kinds]index
	single   index               // addresses
	prefixes *bart.Table[uint32] // prefixes wider than an address
	patterns *patternSet
	counts   [kinds]int
	below    bool // some domain stands for names below it
	anyHost  bool // some URL is a path on any host
	longest  int  // URL, in bytes
}

// Merge makes a set of lists. Where several are equally confident about a
// value, the first one is given.
func Merge(lists ...*List) (*Set, error) {
	if len(lists) > maxLists {
		return nil, fmt.Errorf("merge %d feeds: want up to %d", len(lists), maxLists)
	}
	s := &Set{seed: maphash.MakeSeed(), lists: slices.Clone(lists), prefixes: new(bart.Table[uint32])}
	singles := s.measure()
	s.single.reserve(singles)
	for k := range s.text {
		if Kind(k) != Address && Kind(k) != UserAgentPattern && s.counts[k] > 0 {
			s.text[k].reserve(s.counts[k])
		}
	}
	heads := map[netip.Prefix]uint32{}
	for l := len(lists) - 1; l >= 0; l-- { // so that the first list is first in a chain
		for i := len(lists[l].records) - 1; i >= 0; i-- {
			s.insert(uint32(l), uint32(i), heads)
		}
	}
	s.nest(heads)
	s.patterns = newPatternSet(s.lists)
	return s, nil
}

// measure counts what the tables have to hold; it gives the number of
// addresses that are no prefixes.
func (s *Set) measure() (singles int) {
	s.next = make([][]uint32, len(s.lists))
	for l, list := range s.lists {
		s.next[l] = make([]uint32, len(list.records))
		for i := range list.records {
			r := &list.records[i]
			s.counts[r.kind]++
			switch {
			case r.kind == Address && r.single():
				singles++
			case r.kind == URL:
				s.longest = max(s.longest, int(r.length))
				s.anyHost = s.anyHost || list.text[r.key] == '/'
			}
			s.below = s.below || r.subdomains
		}
	}
	return singles
}

func (s *Set) insert(l, i uint32, heads map[netip.Prefix]uint32) {
	list := s.lists[l]
	r, ref := &list.records[i], l<<24+i+1
	k := list.keyOf(r)
	switch {
	case r.kind == UserAgentPattern:
	case r.kind != Address:
		s.chain(&s.text[r.kind], k, ref)
	case r.single():
		s.chain(&s.single, k, ref)
	default:
		a, _ := netip.AddrFromSlice(k)
		p := netip.PrefixFrom(a, int(r.bits))
		s.next[l][i] = heads[p]
		heads[p] = ref
	}
}

// chain puts a record in front of those with the same key.
func (s *Set) chain(x *index, k []byte, ref uint32) {
	hash := hashOf(s.seed, k)
	at := x.find(hash, func(other uint32) bool { return bytes.Equal(s.key(other), k) })
	*s.after(ref) = x.slots[at].ref
	x.put(at, hash, ref)
}

// nest builds the table of prefixes, the widest first, and lets each chain go
// on with that of the next wider prefix.
func (s *Set) nest(heads map[netip.Prefix]uint32) {
	order := make([]netip.Prefix, 0, len(heads))
	for p := range heads {
		order = append(order, p)
	}
	slices.SortFunc(order, func(a, b netip.Prefix) int {
		return cmp.Or(cmp.Compare(a.Bits(), b.Bits()), a.Addr().Compare(b.Addr()))
	})
	for _, p := range order {
		tail := heads[p]
		for *s.after(tail) != 0 {
			tail = *s.after(tail)
		}
		if wider, ok := s.prefixes.LookupPrefix(p); ok {
			*s.after(tail) = wider
		}
		s.prefixes.Insert(p, heads[p])
	}
}

func (s *Set) record(ref uint32) *record { return &s.lists[(ref-1)>>24].records[(ref-1)&maxList] }

func (s *Set) key(ref uint32) []byte {
	list := s.lists[(ref-1)>>24]
	return list.keyOf(&list.records[(ref-1)&maxList])
}

func (s *Set) after(ref uint32) *uint32 { return &s.next[(ref-1)>>24][(ref-1)&maxList] }

// lookup gives the first record of the chain with a key, or 0.
func (s *Set) lookup(x *index, k []byte) uint32 {
	if len(x.slots) == 0 {
		return 0
	}
	at := x.find(hashOf(s.seed, k), func(ref uint32) bool { return bytes.Equal(s.key(ref), k) })
	if x.tags[at] == 0 {
		return 0 // without a look at the slot, which is far away
	}
	return x.slots[at].ref
}

// Len is the number of indicators in the set.
func (s *Set) Len() int {
	if s == nil {
		return 0
	}
	n := 0
	for _, count := range s.counts {
		n += count
	}
	return n
}

// Has tells whether there are indicators of a kind, so that nobody has to
// look for what cannot be found.
func (s *Set) Has(k Kind) bool { return s != nil && k < kinds && s.counts[k] > 0 }

// Addr looks up an address: itself and all prefixes that hold it.
func (s *Set) Addr(a netip.Addr, now time.Time) (Match, bool) {
	if !s.Has(Address) || !a.IsValid() {
		return Match{}, false
	}
	a = a.Unmap().WithZone("")
	var exact uint32
	if a.Is4() {
		k := a.As4()
		exact = s.lookup(&s.single, k[:])
	} else {
		k := a.As16()
		exact = s.lookup(&s.single, k[:])
	}
	wider, _ := s.prefixes.Lookup(a)
	return s.match(now, exact, wider)
}

// Fingerprint looks up a TLS fingerprint, whatever its case.
func (s *Set) Fingerprint(fingerprint []byte, now time.Time) (Match, bool) {
	if !s.Has(Fingerprint) || len(fingerprint) == 0 {
		return Match{}, false
	}
	var buf [128]byte
	return s.match(now, s.lookup(&s.text[Fingerprint], appendLower(buf[:0], fingerprint)), 0)
}
