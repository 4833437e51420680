// Package block is the blocklist: one block, the set of blocks that answers
// "is this client refused", and the algebra by which many holders of the set
// stay equal (revisions, deltas, snapshots, heartbeats).
//
// It may import the standard library, a hash, and bart for prefixes. It never
// decides whether a block is a good idea (that is the guard in respond), reads
// no clock, does no I/O and starts no goroutine: time comes in as an argument.
package block
