// Package mirror tells a gateway that keeps a copy of the blocks what to add
// and what to take away, so that adapters for maps, sets of the kernel and
// policies contain nothing but their gateway's language. It merges segments
// into one entry a target, leaves out what is not enforced on everybody, lets
// entries end on time, and gathers changes into batches.
//
// It may import block. It never talks to a gateway, and decides nothing that
// the agent beside it would decide otherwise.
package mirror
