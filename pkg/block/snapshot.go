package block

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/zeebo/xxh3"
)

// ErrCorrupt is wrapped by every error of a snapshot that cannot be read.
var ErrCorrupt = errors.New("corrupt snapshot of blocks")

// Format of a snapshot, little-endian or varint:
//
//	"hms" version(1) revision(8) count(8) hash(8)
//	count times: target (as appendBinary writes it) id(8) revision(varint)
//	             left in ms(varint) action(1) mode(1) percent(1)
//	             length(varint) of the terms, terms
//	checksum(8): xxh3 of all before it
const (
	snapshotMagic   = "hms\x02"
	snapshotHeader  = len(snapshotMagic) + 24
	snapshotTrailer = 8
)

// AppendSnapshot writes the set after dst, lifetimes as time left at now.
// Blocks that are over are written too, with nothing left, because they still
// count in the version.
func AppendSnapshot(dst []byte, s *Set, now time.Duration) []byte {
	start := len(dst)
	v := s.Version()
	dst = append(dst, snapshotMagic...)
	dst = binary.LittleEndian.AppendUint64(dst, v.Revision)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(v.Count))
	dst = binary.LittleEndian.AppendUint64(dst, v.Hash)
	for t, e := range s.Entries() {
		dst = appendEntry(dst, t, e, now)
	}
	return binary.LittleEndian.AppendUint64(dst, xxh3.Hash(dst[start:]))
}

func appendEntry(dst []byte, t Target, e *Entry, now time.Duration) []byte {
	dst = t.appendBinary(dst)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(e.ID))
	dst = binary.AppendUvarint(dst, e.Revision)
	dst = binary.AppendUvarint(dst, uint64(max(0, (e.Deadline-now).Milliseconds())))
	dst = append(dst, byte(e.Action), byte(e.Mode), e.Percent)
	terms := e.Terms.appendBinary(nil)
	return append(binary.AppendUvarint(dst, uint64(len(terms))), terms...)
}

// ReadSnapshot is the inverse of AppendSnapshot on a holder whose clock shows
// now; away is how much of the lifetimes has passed since the snapshot was
// written, zero when it comes straight from the bus. Errors wrap ErrCorrupt.
func ReadSnapshot(data []byte, now, away time.Duration) (*Set, error) {
	if len(data) < snapshotHeader+snapshotTrailer || string(data[:len(snapshotMagic)]) != snapshotMagic {
		return nil, fmt.Errorf("%w: no snapshot header", ErrCorrupt)
	}
	body := data[:len(data)-snapshotTrailer]
	if xxh3.Hash(body) != binary.LittleEndian.Uint64(data[len(body):]) {
		return nil, fmt.Errorf("%w: checksum differs", ErrCorrupt)
	}
	want := Version{
		Revision: binary.LittleEndian.Uint64(body[4:]),
		Count:    int(binary.LittleEndian.Uint64(body[12:])),
		Hash:     binary.LittleEndian.Uint64(body[20:]),
	}
	var b Builder
	for rest := body[snapshotHeader:]; len(rest) > 0; {
		d, n := readEntry(rest)
		if n == 0 {
			return nil, fmt.Errorf("%w: entry at byte %d", ErrCorrupt, len(body)-len(rest))
		}
		d.Left -= away
		b.Add(d, now)
		rest = rest[n:]
	}
	set := b.Set(want.Revision)
	if set.Version() != want {
		return nil, fmt.Errorf("%w: holds %+v, says %+v", ErrCorrupt, set.Version(), want)
	}
	return set, nil
}

// readEntry reads one entry and the number of its bytes; 0 when it is cut or
// not canonical.
func readEntry(data []byte) (Delta, int) {
	t, at := readTarget(data)
	if at == 0 || len(data) < at+8 {
		return Delta{}, 0
	}
	d := Delta{Target: t, ID: ID(binary.LittleEndian.Uint64(data[at:]))}
	at += 8
	revision, n := binary.Uvarint(data[at:])
	if n <= 0 {
		return Delta{}, 0
	}
	at += n
	left, n := binary.Uvarint(data[at:])
	at += n
	if n <= 0 || len(data) < at+4 || left > uint64(maxLeft.Milliseconds()) {
		return Delta{}, 0
	}
	d.Revision, d.Left = revision, time.Duration(left)*time.Millisecond
	d.Action, d.Mode, d.Percent = Action(data[at]), Mode(data[at+1]), data[at+2]
	at += 3
	size, n := binary.Uvarint(data[at:])
	at += n
	if n <= 0 || size > uint64(len(data)-at) {
		return Delta{}, 0
	}
	var err error
	d.Terms, err = readTerms(data[at : at+int(size)])
	if err != nil {
		return Delta{}, 0
	}
	return d, at + int(size)
}

// maxLeft bounds a lifetime, so that sums with it do not overflow.
const maxLeft = 100 * 365 * 24 * time.Hour
