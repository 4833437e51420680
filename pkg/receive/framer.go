package receive

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/honeymoat/honeymoat/pkg/accesslog"
)

const (
	// maxMessage is how much of a message is kept, so that more of it than a
	// record may have is left when its header is taken off.
	maxMessage = accesslog.DefaultMaxLine + 4<<10
	// maxCounted is the largest message that a sender may announce.
	maxCounted = 1 << 20
	maxDigits  = 7 // of an announcement
	// streamBytes is the memory for what has come on a stream.
	streamBytes = 2*maxMessage + 64<<10
)

// errFraming: the sender and we do not agree where a message ends.
var errFraming = errors.New("a message is announced that is too long")

// framer cuts a stream into messages: each has a line end behind it, or its
// length before it (RFC 6587). Which of them is told by each message.
type framer struct {
	plain bool // lines only
	buf   []byte
	at    int  // of the first byte that was not cut yet
	skip  int  // bytes to come that belong to a message of which enough was kept
	cut   bool // the same, up to a line end
}

// room is memory for what comes next. It moves what next has left, so that
// messages given before are not valid any more.
func (f *framer) room() []byte {
	if f.buf == nil {
		f.buf = make([]byte, 0, streamBytes)
	}
	f.buf = f.buf[:copy(f.buf, f.buf[f.at:])]
	f.at = 0
	return f.buf[len(f.buf):cap(f.buf)]
}

// came tells that n bytes were put into room.
func (f *framer) came(n int) { f.buf = f.buf[:len(f.buf)+n] }

// next gives the next whole message, valid until room is called. ok is false
// when there is none; after an error nothing of the stream can be understood.
func (f *framer) next() (message []byte, ok bool, err error) {
	f.drop()
	rest := f.buf[f.at:]
	if len(rest) == 0 || f.skip > 0 || f.cut {
		return nil, false, nil
	}
	if !f.plain {
		head, size, state := announced(rest)
		switch {
		case state == announcedPartly:
			return nil, false, nil
		case state == announcedWhole && size > maxCounted:
			return nil, false, fmt.Errorf("%w: %d bytes, at most %d", errFraming, size, maxCounted)
		case state == announcedWhole:
			return f.counted(head, size)
		}
	}
	return f.line(rest)
}

// drop passes over what is not wanted before the next message.
func (f *framer) drop() {
	if f.skip > 0 {
		n := min(f.skip, len(f.buf)-f.at)
		f.at += n
		f.skip -= n
	}
	if f.cut {
		if i := bytes.IndexByte(f.buf[f.at:], '\n'); i >= 0 {
			f.at += i
			f.cut = false
		} else {
			f.at = len(f.buf)
		}
	}
	if f.skip > 0 || f.cut {
		return
	}
	for f.at < len(f.buf) && (f.buf[f.at] == '\n' || f.buf[f.at] == '\r' || f.buf[f.at] == 0) {
		f.at++
	}
}

// counted takes a message of known size.
func (f *framer) counted(head, size int) (message []byte, ok bool, err error) {
	begin, keep := f.at+head, min(size, maxMessage)
	if len(f.buf)-begin < keep {
		return nil, false, nil
	}
	f.at = begin + keep
	f.skip = size - keep
	return f.buf[begin:f.at], true, nil
}

// line takes a message with a line end behind it.
func (f *framer) line(rest []byte) (message []byte, ok bool, err error) {
	i := bytes.IndexByte(rest, '\n')
	switch {
	case i >= 0 && i <= maxMessage:
		f.at += i + 1
		return rest[:i], true, nil
	case len(rest) > maxMessage:
		f.at += maxMessage
		f.cut = true
		return rest[:maxMessage], true, nil
	}
	return nil, false, nil
}

// last gives what a stream that has ended had begun to say.
func (f *framer) last() []byte {
	f.drop()
	rest := f.buf[f.at:]
	if f.skip > 0 || f.cut {
		return nil
	}
	if head, _, state := announced(rest); state == announcedWhole && !f.plain {
		rest = rest[head:]
	}
	f.at = len(f.buf)
	return rest
}

// How much there is of a length before a message.
type announcement uint8

const (
	notAnnounced announcement = iota
	announcedPartly
	announcedWhole
)

// announced reads "123 <", with which a counted message begins, and tells
// where the message itself does.
func announced(v []byte) (head, size int, state announcement) {
	digits := digitsOf(v)
	switch {
	case digits == 0 || digits > maxDigits || v[0] == '0':
		return 0, 0, notAnnounced
	case digits+1 >= len(v) && (digits == len(v) || v[digits] == ' '):
		return 0, 0, announcedPartly
	case v[digits] != ' ' || v[digits+1] != '<':
		return 0, 0, notAnnounced
	}
	for _, c := range v[:digits] {
		size = 10*size + int(c-'0')
	}
	return digits + 1, size, announcedWhole
}
