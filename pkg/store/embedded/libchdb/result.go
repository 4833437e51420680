package libchdb

import (
	"errors"
	"fmt"
	"time"
	"unsafe"
)

// Error is what the engine said of a statement that failed, word for word.
type Error struct{ Message string }

func (e *Error) Error() string { return e.Message }

// Stats counts what a statement did.
type Stats struct {
	ReadRows, ReadBytes       uint64
	WrittenRows, WrittenBytes uint64
	ResultRows, ResultBytes   uint64
	Elapsed                   time.Duration
}

// Result is a piece of output in the engine's memory.
type Result struct {
	lib    *Library
	handle uintptr
}

// result takes over a handle: an error in it is returned and the handle freed.
func (l *Library) result(op string, handle uintptr) (*Result, error) {
	if handle == 0 {
		return nil, fmt.Errorf("%s: the engine returned nothing", op)
	}
	if msg := l.resultError(handle); msg != "" {
		l.resultDestroy(handle)
		return nil, &Error{Message: msg}
	}
	return &Result{lib: l, handle: handle}, nil
}

// Bytes is the output, in the engine's own memory: valid until Free.
func (r *Result) Bytes() []byte {
	n := r.lib.resultLength(r.handle)
	if n == 0 {
		return nil
	}
	addr := r.lib.resultBuffer(r.handle)
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&addr)), n)
}

// Stats returns the counts of this piece.
func (r *Result) Stats() Stats {
	return Stats{
		ReadRows: r.lib.resultReadRows(r.handle), ReadBytes: r.lib.resultReadBytes(r.handle),
		WrittenRows: r.lib.resultWrittenRows(r.handle), WrittenBytes: r.lib.resultWrittenBytes(r.handle),
		ResultRows: r.lib.resultRows(r.handle), ResultBytes: r.lib.resultBytes(r.handle),
		Elapsed: time.Duration(r.lib.resultElapsed(r.handle) * float64(time.Second)),
	}
}

// Free gives the memory back. A nil Result is freed already.
func (r *Result) Free() {
	if r == nil || r.handle == 0 {
		return
	}
	r.lib.resultDestroy(r.handle)
	r.handle = 0
}

var errClosed = errors.New("the stream is closed")
