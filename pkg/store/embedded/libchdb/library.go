package libchdb

import (
	"errors"
	"fmt"
	"os"

	"github.com/ebitengine/purego"
)

// Library is the loaded shared library: its functions, bound once.
// It is never unloaded, since the engine's threads outlive any call.
type Library struct {
	version           func() string
	setSignalHandlers func(enabled int32)

	connect   func(argc int32, argv **byte) *uintptr
	closeConn func(conn *uintptr)

	query        func(conn uintptr, q *byte, qlen uint64, format *byte, flen uint64, names **byte, nameLens *uint64, values **byte, valueLens *uint64, count uint64) uintptr
	streamQuery  func(conn uintptr, q *byte, qlen uint64, format *byte, flen uint64, names **byte, nameLens *uint64, values **byte, valueLens *uint64, count uint64) uintptr
	streamFetch  func(conn, stream uintptr) uintptr
	streamCancel func(conn, stream uintptr)
	classify     func(conn uintptr, q *byte, qlen uint64, db *byte, dblen uint64, out *analysis) int32

	insertOpen    func(conn uintptr, q *byte, qlen uint64, format *byte, flen uint64, names **byte, nameLens *uint64, values **byte, valueLens *uint64, count uint64) uintptr
	insertAppend  func(stream uintptr, data *byte, n uint64) int32
	insertDone    func(stream uintptr) uintptr
	insertError   func(stream uintptr) string
	insertDestroy func(stream uintptr)

	resultBuffer       func(result uintptr) uintptr
	resultLength       func(result uintptr) uint64
	resultError        func(result uintptr) string
	resultElapsed      func(result uintptr) float64
	resultRows         func(result uintptr) uint64
	resultBytes        func(result uintptr) uint64
	resultReadRows     func(result uintptr) uint64
	resultReadBytes    func(result uintptr) uint64
	resultWrittenRows  func(result uintptr) uint64
	resultWrittenBytes func(result uintptr) uint64
	resultDestroy      func(result uintptr)
}

// Load opens the shared library at path and binds its functions. The engine's
// own signal handlers are switched off, because they would take over signals
// that the Go runtime lives by. Nothing is started yet.
func Load(path string) (*Library, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("load engine: %w", err)
	}
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, fmt.Errorf("load engine %s: %w", path, err)
	}
	lib := &Library{}
	if err := lib.bind(handle); err != nil {
		return nil, fmt.Errorf("load engine %s: %w", path, err)
	}
	lib.setSignalHandlers(0)
	return lib, nil
}

// Version is the library's own version, as in "26.7.3".
func (l *Library) Version() string { return l.version() }

// symbols pairs each bound function with its name in the library.
func (l *Library) symbols() map[string]any {
	return map[string]any{
		"chdb_version":                     &l.version,
		"chdb_set_signal_handlers_enabled": &l.setSignalHandlers,
		"chdb_connect":                     &l.connect,
		"chdb_close_conn":                  &l.closeConn,
		"chdb_query_with_params_n":         &l.query,
		"chdb_stream_query_with_params_n":  &l.streamQuery,
		"chdb_stream_fetch_result":         &l.streamFetch,
		"chdb_stream_cancel_query":         &l.streamCancel,
		"chdb_classify_query_n":            &l.classify,
		"chdb_stream_insert_with_params_n": &l.insertOpen,
		"chdb_stream_append":               &l.insertAppend,
		"chdb_stream_done":                 &l.insertDone,
		"chdb_stream_insert_error":         &l.insertError,
		"chdb_destroy_insert_stream":       &l.insertDestroy,
		"chdb_result_buffer":               &l.resultBuffer,
		"chdb_result_length":               &l.resultLength,
		"chdb_result_error":                &l.resultError,
		"chdb_result_elapsed":              &l.resultElapsed,
		"chdb_result_rows_read":            &l.resultRows,
		"chdb_result_bytes_read":           &l.resultBytes,
		"chdb_result_storage_rows_read":    &l.resultReadRows,
		"chdb_result_storage_bytes_read":   &l.resultReadBytes,
		"chdb_result_rows_written":         &l.resultWrittenRows,
		"chdb_result_bytes_written":        &l.resultWrittenBytes,
		"chdb_destroy_query_result":        &l.resultDestroy,
	}
}

// bind looks every symbol up before it registers one, so that a library of
// another version is an error that names all it lacks, and not a panic.
func (l *Library) bind(handle uintptr) error {
	var missing []error
	for name, fn := range l.symbols() {
		sym, err := purego.Dlsym(handle, name)
		if err != nil {
			missing = append(missing, fmt.Errorf("symbol %s: %w", name, err))
			continue
		}
		purego.RegisterFunc(fn, sym)
	}
	return errors.Join(missing...)
}
