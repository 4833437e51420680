package block

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"time"

	"github.com/zeebo/xxh3"
)

// ErrCorrupt is wrapped by every error of a snapshot that cannot be read.
var ErrCorrupt = errors.New("corrupt snapshot of blocks")

// Format of a snapshot, little-endian unless it says otherwise. Every list is
// a count(varint) and its items in one order, none twice, so equal sets have
// equal snapshots:
//
//	"hms" version(1) revision(8) count(8) hash(8)
//	terms that differ from the defaults, in the order of their bytes:
//	       length(varint), binary form
//	three lists in the order of the keys' hashes, see compareTurned:
//	blocks on IPv4 addresses: address(4, big-endian), entry
//	blocks on IPv6 addresses: address(16), entry
//	blocks on a /64 of IPv6: its first 8 bytes, entry
//	all others in the order of their targets' hashes:
//	       target (as appendBinary writes it), entry
//	checksum(8): xxh3 of all before it
//
//	entry: id(8) revision(varint) left in ms(varint) action(1) mode(1)
//	       percent(1) place of its terms, from 1, or 0(varint)
const (
	snapshotMagic   = "hms\x03"
	snapshotHeader  = len(snapshotMagic) + 24
	snapshotTrailer = 8
	leastEntry      = 14 // bytes
)

// AppendSnapshot writes the set after dst, lifetimes as time left at now.
// Blocks that are over are written too, with nothing left, because they still
// count in the version.
func AppendSnapshot(dst []byte, s *Set, now time.Duration) []byte {
	if s == nil {
		s = new(Set)
	}
	start, v := len(dst), s.Version()
	dst = slices.Grow(dst, snapshotHeader+snapshotTrailer+v.Count*32)
	dst = append(dst, snapshotMagic...)
	dst = binary.LittleEndian.AppendUint64(dst, v.Revision)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(v.Count))
	dst = binary.LittleEndian.AppendUint64(dst, v.Hash)
	w := writer{dst: dst, now: now}
	w.termsOf(s)
	writeExact(&w, &s.exact.v4)
	writeExact(&w, &s.exact.v6)
	writeExact(&w, &s.exact.net)
	w.others(&s.index)
	return binary.LittleEndian.AppendUint64(w.dst, xxh3.Hash(w.dst[start:]))
}

// writer writes the lists of a snapshot.
type writer struct {
	dst   []byte
	now   time.Duration
	terms map[Terms]uint64 // to their places, from 1
}

func (w *writer) count(n int) { w.dst = binary.AppendUvarint(w.dst, uint64(n)) }

// termsOf writes the terms of all blocks.
func (w *writer) termsOf(s *Set) {
	w.terms = map[Terms]uint64{}
	for _, e := range s.Entries() {
		if e.Terms != nil && *e.Terms != (Terms{}) {
			w.terms[*e.Terms] = 0
		}
	}
	forms := make([][]byte, 0, len(w.terms))
	places := make(map[string]Terms, len(w.terms))
	for t := range w.terms {
		form := t.appendBinary(nil)
		places[string(form)] = t
		forms = append(forms, form)
	}
	slices.SortFunc(forms, bytes.Compare)
	w.count(len(forms))
	for i, form := range forms {
		w.terms[places[string(form)]] = uint64(i + 1)
		w.count(len(form))
		w.dst = append(w.dst, form...)
	}
}

func writeExact[K exactKey[K]](w *writer, t *table[K, Entry]) {
	w.count(t.count)
	var room []*slot[K, Entry]
	for b := range t.inTurn() {
		room = room[:0]
		for i := range b.slots {
			room = append(room, &b.slots[i])
		}
		slices.SortFunc(room, func(a, b *slot[K, Entry]) int { return compareTurned(a.key, b.key) })
		for _, s := range room {
			w.dst = s.key.append(w.dst)
			w.entry(&s.value)
		}
	}
}

// compareTurned orders keys by the bits of their hashes, the lowest first: so
// the buckets of a table are filled one after the other.
func compareTurned[K exactKey[K]](a, b K) int {
	return cmp.Or(cmp.Compare(bits.Reverse64(a.hash()), bits.Reverse64(b.hash())), a.compare(b))
}

func (w *writer) others(x *index) {
	list := make([]formed, 0, x.count)
	var forms []byte
	for t, e := range x.all() {
		from := len(forms)
		forms = t.appendBinary(forms)
		list = append(list, formed{xxh3.Hash(forms[from:]), from, len(forms), e})
	}
	slices.SortFunc(list, func(a, b formed) int { return a.compare(b, forms) })
	w.count(len(list))
	for _, f := range list {
		w.dst = append(w.dst, forms[f.from:f.to]...)
		w.entry(f.entry)
	}
}

// formed is a block with the hash and the place of its target's binary form.
type formed struct {
	hash     uint64
	from, to int
	entry    *Entry
}

func (f formed) compare(o formed, forms []byte) int {
	if f.hash != o.hash {
		return cmp.Compare(f.hash, o.hash)
	}
	return bytes.Compare(forms[f.from:f.to], forms[o.from:o.to])
}

func (w *writer) entry(e *Entry) {
	w.dst = binary.LittleEndian.AppendUint64(w.dst, uint64(e.ID))
	w.dst = binary.AppendUvarint(w.dst, e.Revision)
	w.dst = binary.AppendUvarint(w.dst, uint64(max(0, (e.Deadline-w.now).Milliseconds())))
	w.dst = append(w.dst, byte(e.Action), byte(e.Mode), e.Percent)
	place := uint64(0)
	if e.Terms != nil {
		place = w.terms[*e.Terms]
	}
	w.dst = binary.AppendUvarint(w.dst, place)
}

// maxLeft bounds a lifetime, so that sums with it do not overflow.
const maxLeft = 100 * 365 * 24 * time.Hour

func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrCorrupt}, args...)...)
}
