package libchdb

import (
	"runtime"
	"unsafe"
)

// Stream is a running statement whose result is fetched piece by piece, so
// that a large one never lies in memory as a whole. It must be closed.
type Stream struct {
	conn   *Conn
	handle uintptr
	ended  bool
}

// Stream starts a statement. An error is the engine's, found before the first row.
func (c *Conn) Stream(query, format string, params ...Param) (*Stream, error) {
	p := newCParams(params)
	handle := c.lib.streamQuery(*c.handle, unsafe.StringData(query), uint64(len(query)),
		unsafe.StringData(format), uint64(len(format)),
		p.names.pointers(), p.names.lengths(), p.values.pointers(), p.values.lengths(), uint64(len(params)))
	runtime.KeepAlive(p)
	if _, err := c.lib.result("stream query", handle); err != nil {
		return nil, err
	}
	return &Stream{conn: c, handle: handle}, nil
}

// Next returns the next piece, which the caller must Free, or nil at the end.
func (s *Stream) Next() (*Result, error) {
	if s.handle == 0 {
		return nil, errClosed
	}
	piece, err := s.conn.lib.result("fetch", s.conn.lib.streamFetch(*s.conn.handle, s.handle))
	if err != nil {
		s.ended = true
		return nil, err
	}
	if len(piece.Bytes()) == 0 {
		s.ended = true
		piece.Free()
		return nil, nil
	}
	return piece, nil
}

// Close ends the stream, cancelling the statement if it has not ended.
func (s *Stream) Close() {
	if s.handle == 0 {
		return
	}
	if !s.ended {
		s.conn.lib.streamCancel(*s.conn.handle, s.handle)
	}
	s.conn.lib.resultDestroy(s.handle)
	s.handle = 0
}
