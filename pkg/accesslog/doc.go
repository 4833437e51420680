// Package accesslog reads the logs of gateways: bytes in, rows of an
// event.Batch out. Each format is one file with a Parser; a Reader cuts a
// chunk of a file into records, gives every row its place in the file, and
// puts what cannot be parsed into the batch's quarantine with a reason from a
// closed set.
//
// A line costs no allocation. What a client sent is kept as it was sent: only
// the log's own escaping is undone, so that a path stays undecoded. What the
// log does not tell is unknown, never zero.
//
// The package may import event and the standard library. It never opens a
// file, reads a clock, logs, or starts a goroutine.
package accesslog
