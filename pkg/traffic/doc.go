// Package traffic counts who sent what in the last day, in bounded memory: by
// client and by principal, and how many principals stand behind a client. It
// answers what a block would cost when there is no store to ask, or no time.
//
// It imports event, block, finding, a hash and the standard library. It reads
// no clock, does no I/O and starts no goroutine: time comes in as an argument.
// It keeps no name of anybody: a principal is a hash under a seed.
package traffic
