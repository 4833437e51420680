// Package detect turns batches of events into findings. It reads events in
// the order of the bus and keeps what it must remember within bounds.
//
// It imports event, finding, block and the detectors of floor 1. It never
// decides what is done about a finding, talks to a bus or a store, or reads a
// clock: the time is the records'.
package detect
