package libchdb

import (
	"runtime"
	"unsafe"
)

// Insert is an open INSERT that takes its data piece by piece. Until it is
// closed its Conn runs nothing else. It must be closed on every path; closing
// it before Done abandons what was not yet written.
type Insert struct {
	lib    *Library
	handle uintptr
}

// Insert opens an INSERT: the statement has neither data nor a FORMAT clause,
// format is that of the data to come.
func (c *Conn) Insert(query, format string, params ...Param) (*Insert, error) {
	p := newCParams(params)
	handle := c.lib.insertOpen(*c.handle, unsafe.StringData(query), uint64(len(query)),
		unsafe.StringData(format), uint64(len(format)),
		p.names.pointers(), p.names.lengths(), p.values.pointers(), p.values.lengths(), uint64(len(params)))
	runtime.KeepAlive(p)
	ins := &Insert{lib: c.lib, handle: handle}
	if err := ins.err(); err != nil {
		ins.Close()
		return nil, err
	}
	return ins, nil
}

// Write hands data to the engine, which copies it; it may block while the
// engine is busy with what came before.
func (i *Insert) Write(data []byte) (int, error) {
	if i.handle == 0 {
		return 0, errClosed
	}
	if len(data) == 0 {
		return 0, nil
	}
	if state := i.lib.insertAppend(i.handle, unsafe.SliceData(data), uint64(len(data))); state != 0 {
		return 0, i.failure("append to insert")
	}
	return len(data), nil
}

// Done ends the data and returns once the engine has stored it.
func (i *Insert) Done() (Stats, error) {
	r, err := i.lib.result("finish insert", i.lib.insertDone(i.handle))
	if err != nil {
		return Stats{}, err
	}
	defer r.Free()
	return r.Stats(), nil
}

// Close releases the stream, on every path.
func (i *Insert) Close() {
	if i.handle == 0 {
		return
	}
	i.lib.insertDestroy(i.handle)
	i.handle = 0
}

func (i *Insert) err() error {
	if msg := i.lib.insertError(i.handle); msg != "" {
		return &Error{Message: msg}
	}
	return nil
}

// failure is the engine's reason for having refused data, or op without one.
func (i *Insert) failure(op string) error {
	if err := i.err(); err != nil {
		return err
	}
	return &Error{Message: op + ": the engine refused the data without a reason"}
}
