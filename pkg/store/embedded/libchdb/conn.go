package libchdb

import (
	"fmt"
	"runtime"
	"unsafe"
)

// Class says what a statement does, as decided by the engine's own parser.
type Class uint32

// The classes, in ascending order of what a statement may change. A text of
// several statements has the highest class of them.
const (
	// ReadOnly leaves no trace: SELECT, SHOW, DESCRIBE, EXPLAIN, EXISTS, CHECK.
	ReadOnly Class = iota
	// Mutating changes a database: INSERT, CREATE, ALTER, DROP and the like.
	Mutating
	// MutatingGlobal changes what lies beside the databases: functions, users.
	MutatingGlobal
	// Control changes the session, controls the engine, or writes outside it:
	// SET, USE, SYSTEM, KILL, BACKUP, INTO OUTFILE, INSERT INTO FUNCTION.
	Control
	// Unknown did not parse.
	Unknown
)

// Analysis is what the parser says of a text.
type Analysis struct {
	Class      Class
	Statements int
}

// analysis mirrors chdb_query_analysis_v1.
type analysis struct {
	size, statements, _, class uint32
}

// Param is the value of a {name:Type} placeholder, as text. The engine parses
// it as the placeholder's type; it is never pasted into the statement.
type Param struct{ Name, Value string }

// Conn is a session of the engine: its own settings, current database, user
// and temporary tables. It must be closed. When the last one closes, the
// engine flushes and shuts down.
type Conn struct {
	lib    *Library
	handle *uintptr
}

// Connect opens a session. Args are those of clickhouse-local: the first
// Connect of the process boots the engine with --path= and --config-file=;
// later ones must repeat --path=. Settings as --name=value hold for the
// session alone.
func (l *Library) Connect(args ...string) (*Conn, error) {
	argv := newCStrings(append([]string{"clickhouse"}, args...))
	handle := l.connect(int32(argv.count()), argv.pointers())
	runtime.KeepAlive(argv)
	if handle == nil || *handle == 0 {
		return nil, fmt.Errorf("connect to engine: refused; the engine's reason stands on its standard error")
	}
	return &Conn{lib: l, handle: handle}, nil
}

// Close ends the session.
func (c *Conn) Close() {
	if c.handle == nil {
		return
	}
	c.lib.closeConn(c.handle)
	c.handle = nil
}

// Classify parses a text without running it.
func (c *Conn) Classify(query string) (Analysis, error) {
	out := analysis{size: uint32(unsafe.Sizeof(analysis{}))}
	state := c.lib.classify(*c.handle, unsafe.StringData(query), uint64(len(query)), nil, 0, &out)
	if state != 0 {
		return Analysis{}, fmt.Errorf("classify statement: the engine refused")
	}
	return Analysis{Class: Class(out.class), Statements: int(out.statements)}, nil
}

// Query runs a statement and returns its whole result, which the caller must
// Free. The error, if any, is the engine's.
func (c *Conn) Query(query, format string, params ...Param) (*Result, error) {
	p := newCParams(params)
	r := c.lib.query(*c.handle, unsafe.StringData(query), uint64(len(query)),
		unsafe.StringData(format), uint64(len(format)),
		p.names.pointers(), p.names.lengths(), p.values.pointers(), p.values.lengths(), uint64(len(params)))
	runtime.KeepAlive(p)
	return c.lib.result("query", r)
}

// Exec runs a statement for its effect.
func (c *Conn) Exec(query string, params ...Param) error {
	r, err := c.Query(query, "Null", params...)
	if err != nil {
		return err
	}
	r.Free()
	return nil
}
