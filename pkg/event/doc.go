// Package event is the known schema: one normalised gateway record, the
// columnar batch that carries many of them, the batch's encoding on the bus,
// and identities that stay the same however often a line is read.
//
// A Batch holds columns, not structs: the bytes of a text field lie back to
// back, so that parsing, matching, encoding and storing are linear scans with
// no allocation a line. A column that a parser never touched costs nothing.
//
// The package may import the standard library, a hash and a compressor. It
// never reads a clock, a file or a network, never logs, and never starts a
// goroutine.
package event
