// Package rollout decides how far the logic that asks for blocks (a version of
// a rule, a decoy, a feed) has come on its way from shadow over flagging and
// canaries to enforcement, by what was measured of it.
//
// It imports block and the standard library. It never makes or changes a
// block, reads no clock, does no I/O and starts no goroutine: what is measured,
// and the time, come in as arguments. The same calls give the same answers.
package rollout
