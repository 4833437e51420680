package quarantine

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"time"
)

// A segment of the spool is a run of frames, each beginning at a multiple of
// alignment bytes, little-endian:
//
//	 0  "hmq" version(1)
//	 4  checksum of what follows but the mutable half of the head
//	 8  kind(1), 3 unused
//	12  length of the body(4)
//	16  identity of the file(16)
//	32  offset(8) line(8) length(8) of the record, time of receipt(8)
//	64  the mutable half, see below
//	128 body: a record's raw bytes, or what is known of a file as JSON
//
// The mutable half is overwritten in place. It lies within one sector, because
// of the alignment, so that it is never written by half. Of a record it is
// settled(1), the length of the reason(1), and the reason; of a file the offset
// up to which the bus is known to have it(8).
const (
	frameMagic    = "hmq\x01"
	alignment     = 256
	headBytes     = 128
	mutableAt     = 64
	reasonBytes   = headBytes - mutableAt - 2
	fileBytes     = 16
	checksumBegin = 8
)

type kind byte

const (
	aboutFile kind = 1 + iota
	aboutRecord
)

// frame is one entry of a segment.
type frame struct {
	kind     kind
	file     string
	offset   int64
	line     int64
	length   int64 // of the record in its file; the body may be less
	received time.Time
	settled  bool   // of a record
	reason   string // of a record
	acked    int64  // of a file
	body     []byte
}

// frameSize is what a body takes with its head and padding.
func frameSize(body int) int64 {
	return int64(headBytes+body+alignment-1) / alignment * alignment
}

func appendFrame(dst []byte, f *frame) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, frameSize(len(f.body)))...)
	head := dst[start:]
	copy(head, frameMagic)
	head[8] = byte(f.kind)
	binary.LittleEndian.PutUint32(head[12:], uint32(len(f.body)))
	copy(head[16:16+fileBytes], f.file)
	for i, n := range []int64{f.offset, f.line, f.length, f.received.UnixNano()} {
		binary.LittleEndian.PutUint64(head[32+8*i:], uint64(n))
	}
	copy(head[mutableAt:headBytes], f.mutable())
	copy(head[headBytes:], f.body)
	binary.LittleEndian.PutUint32(head[4:], checksum(head, len(f.body)))
	return dst
}

// mutable is the half of the head that may change.
func (f *frame) mutable() []byte {
	half := make([]byte, headBytes-mutableAt)
	if f.kind == aboutFile {
		binary.LittleEndian.PutUint64(half, uint64(f.acked))
		return half
	}
	if f.settled {
		half[0] = 1
	}
	half[1] = byte(copy(half[2:], f.reason))
	return half
}

// bodySize is the length of the body after a head.
func bodySize(head []byte) int { return int(binary.LittleEndian.Uint32(head[12:])) }

func checksum(frame []byte, body int) uint32 {
	sum := crc32.ChecksumIEEE(frame[checksumBegin:mutableAt])
	return crc32.Update(sum, crc32.IEEETable, frame[headBytes:headBytes+body])
}

// parseFrame reads the frame at the beginning of data. It refers to data.
func parseFrame(data []byte) (f frame, size int64, ok bool) {
	if len(data) < headBytes || !bytes.HasPrefix(data, []byte(frameMagic)) {
		return f, 0, false
	}
	body := bodySize(data)
	if size = frameSize(body); size > int64(len(data)) {
		return f, 0, false
	}
	if checksum(data, body) != binary.LittleEndian.Uint32(data[4:]) {
		return f, 0, false
	}
	number := func(at int) int64 { return int64(binary.LittleEndian.Uint64(data[at:])) }
	f = frame{
		kind: kind(data[8]), file: string(data[16 : 16+fileBytes]), offset: number(32), line: number(40), length: number(48),
		received: time.Unix(0, number(56)), body: data[headBytes : headBytes+body],
	}
	if f.kind == aboutFile {
		f.acked = number(mutableAt)
		return f, size, true
	}
	f.settled = data[mutableAt] != 0
	f.reason = string(data[mutableAt+2:][:min(int(data[mutableAt+1]), reasonBytes)])
	return f, size, f.kind == aboutRecord
}
