// Package libchdb binds the C interface of libchdb, ClickHouse's engine as a
// shared library, through purego: no C compiler and no C headers are needed.
//
// It knows handles, lengths and who frees what, and nothing of HTTP, accounts
// or processes. It may import purego and the standard library; it starts no
// goroutine and writes no log. Only package embedded and its front use it,
// in the child process: an engine that crashes takes its process with it.
//
// The engine lives once in a process, on one data directory. A Conn runs one
// statement at a time and must not be used by two goroutines at once; any
// number of Conns may run side by side.
package libchdb
