// Package spoa answers HAProxy's stream processing offload engine (SPOE): it
// is asked about each request over a kept connection, with many questions
// under way at once, and its answer is set as variables of the transaction,
// on which HAProxy's own rules act.
//
// It may import block, identify and a metrics registry. It never decides by itself
// (that is the block.Decider), and trusts no byte of what it reads: frames are
// bounded, and whoever sends a malformed one is told so and disconnected.
//
// The protocol is SPOP 2.0 as HAProxy's doc/SPOE.txt describes it, with
// pipelining. It is read and written here and not by a library, because the
// one there is for Go allocates whatever size a frame claims to have, panics
// on truncated values, cannot be stopped, and starts a goroutine a question.
// Tests hold this package against it.
package spoa
