// Package traffic counts who sent what in the last day, in bounded memory: by
// client and by principal, and how many principals stand behind a client. It
// answers what a block would cost when there is no store to ask, or no time.
//
// It imports event, block, finding, a hash and the standard library. It never
// keeps a name of anybody (a principal is a hash under a seed), judges a block,
// reads a clock, does I/O or starts a goroutine: time comes in as an argument.
package traffic
