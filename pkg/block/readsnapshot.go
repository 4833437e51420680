package block

import (
	"bytes"
	"encoding/binary"
	"time"

	"github.com/zeebo/xxh3"
)

// ReadSnapshot is the inverse of AppendSnapshot on a holder whose clock shows
// now; away is how much of the lifetimes has passed since the snapshot was
// written, zero when it comes straight from the bus. Errors wrap ErrCorrupt.
func ReadSnapshot(data []byte, now, away time.Duration) (*Set, error) {
	if len(data) < snapshotHeader+snapshotTrailer || string(data[:len(snapshotMagic)]) != snapshotMagic {
		return nil, corrupt("no snapshot header")
	}
	body := data[:len(data)-snapshotTrailer]
	if xxh3.Hash(body) != binary.LittleEndian.Uint64(data[len(body):]) {
		return nil, corrupt("checksum differs")
	}
	r := loading{reader: reader{rest: body[len(snapshotMagic):]}, now: now - away}
	want := Version{Revision: r.uint64(), Count: int(r.uint64()), Hash: r.uint64()}
	r.all()
	if r.failed || len(r.rest) > 0 {
		return nil, corrupt("at byte %d of %d", len(body)-len(r.rest), len(body))
	}
	set := r.built.Set(want.Revision)
	if set.Version() != want {
		return nil, corrupt("holds %+v, says %+v", set.Version(), want)
	}
	return set, nil
}

// loading builds a set of the lists of a snapshot.
type loading struct {
	reader
	now   time.Duration // from which lifetimes run
	terms []*Terms      // the first is nil
	built Builder
}

func (r *loading) all() {
	r.readTerms()
	x := &r.built.set.exact
	readExact(r, &x.v4, 4, func(b []byte) (v4Key, bool) { return v4Key(binary.BigEndian.Uint32(b)), true })
	readExact(r, &x.v6, 16, func(b []byte) (v6Key, bool) {
		k := v6Key{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}
		return k, !k.addr().Is4In6()
	})
	readExact(r, &x.net, 8, func(b []byte) (netKey, bool) { return netKey(binary.BigEndian.Uint64(b)), true })
	r.others()
}

func (r *loading) readTerms() {
	r.terms = append(r.terms, nil)
	var last []byte
	for range r.count(1) {
		form := r.sized()
		t, err := readTerms(form)
		if err != nil || bytes.Compare(last, form) >= 0 {
			r.failed = true
			return
		}
		r.terms, last = append(r.terms, t), form
	}
}

func readExact[K exactKey[K]](r *loading, t *table[K, Entry], size int, read func([]byte) (K, bool)) {
	n := r.count(size + leastEntry)
	t.reserve(n)
	var last K
	for i := range n {
		raw := r.take(size)
		e := r.entry()
		if r.failed {
			return
		}
		k, ok := read(raw)
		if !ok || i > 0 && compareTurned(last, k) >= 0 {
			r.failed = true
			return
		}
		last = k
		t.add(k, e, true)
		r.built.set.recount(k.target(), &e)
	}
}

func (r *loading) others() {
	n := r.count(targetFixed + leastEntry)
	x := &r.built.set.index
	x.lists.reserve(n)
	last := formed{}
	before := r.rest
	for i := range n {
		t, size := readTarget(r.rest)
		f := formed{hash: xxh3.Hash(r.rest[:size]), from: len(before) - len(r.rest)}
		r.take(size)
		f.to = f.from + size
		e := r.entry()
		if r.failed || size == 0 || t.exactly() || i > 0 && last.compare(f, before) >= 0 {
			r.failed = true
			return
		}
		last = f
		x.file(x.rarest(t), filed{t, e}, true)
		r.built.set.recount(t, &e)
	}
}

func (r *loading) entry() Entry {
	e := Entry{ID: ID(r.uint64()), Revision: r.uvarint()}
	left := r.uvarint()
	if kind := r.take(3); kind != nil {
		e.Action, e.Mode, e.Percent = Action(kind[0]), Mode(kind[1]), kind[2]
	}
	place := r.uvarint()
	if left > uint64(maxLeft.Milliseconds()) || place >= uint64(len(r.terms)) {
		r.failed = true
		return e
	}
	e.Deadline, e.Terms = r.now+time.Duration(left)*time.Millisecond, r.terms[place]
	return e
}
