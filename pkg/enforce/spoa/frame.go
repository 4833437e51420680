package spoa

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

const (
	frameOverhead = 7       // of the shortest frame: type, flags, two ids
	maxHelloFrame = 4 << 10 // before anything is agreed
	minFrameSize  = 256     // that both sides have to be able to read
	maxFrameSize  = 1 << 20
)

// fault is why a connection cannot go on: a status of the protocol.
type fault struct {
	status uint32
	text   string
}

// Error implements error.
func (f *fault) Error() string { return fmt.Sprintf("SPOP status %d: %s", f.status, f.text) }

// The statuses, with the protocol's words.
var (
	normal       = &fault{0, "normal"}
	tooBig       = &fault{3, "frame is too big"}
	invalid      = &fault{4, "invalid frame received"}
	noVersion    = &fault{5, "version value not found"}
	noFrameSize  = &fault{6, "max-frame-size value not found"}
	badVersion   = &fault{8, "unsupported version"}
	badFrameSize = &fault{9, "max-frame-size too big or too small"}
	noFragments  = &fault{10, "payload fragmentation is not supported"}
)

// frame is one that was read.
type frame struct {
	kind   byte
	stream uint64
	id     uint64
	body   reader
}

// readFrame waits for a frame of at most limit bytes. scratch is reused; the
// frame is a copy.
func readFrame(in *bufio.Reader, scratch []byte, limit uint32) (frame, []byte, error) {
	size, err := in.Peek(4)
	if err != nil {
		return frame{}, scratch, err
	}
	n := binary.BigEndian.Uint32(size)
	switch {
	case n > limit:
		return frame{}, scratch, tooBig
	case n < frameOverhead:
		return frame{}, scratch, invalid
	}
	if uint32(cap(scratch)) < n {
		scratch = make([]byte, max(n, 1<<10))
	}
	if _, err := in.Discard(4); err != nil {
		return frame{}, scratch, err
	}
	if _, err := io.ReadFull(in, scratch[:n]); err != nil {
		return frame{}, scratch, err
	}
	f, err := parseFrame(string(scratch[:n]))
	return f, scratch, err
}

func parseFrame(text string) (frame, error) {
	r := reader{rest: text}
	f := frame{kind: r.byte()}
	flags := r.uint32()
	f.stream, f.id = r.varint(), r.varint()
	f.body = r
	switch {
	case r.bad:
		return frame{}, invalid
	case flags&fin == 0, flags&abort != 0:
		return frame{}, noFragments
	}
	return f, nil
}

// whole tells whether the next frame has arrived already, so that reading it
// waits for nothing.
func whole(in *bufio.Reader) bool {
	if in.Buffered() < 4 {
		return false
	}
	size, err := in.Peek(4)
	return err == nil && uint64(in.Buffered()) >= 4+uint64(binary.BigEndian.Uint32(size))
}

// beginFrame appends the head of a frame, and endFrame sets its length; at is
// where it begins.
func beginFrame(dst []byte, kind byte, stream, id uint64) []byte {
	dst = append(dst, 0, 0, 0, 0, kind, 0, 0, 0, fin)
	return appendVarint(appendVarint(dst, stream), id)
}

func endFrame(dst []byte, at int) []byte {
	binary.BigEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	return dst
}
