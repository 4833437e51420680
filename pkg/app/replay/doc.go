// Package replay reads finished logs through the same parser, detector,
// ledger and guard as the service, and tells what would have been found and
// who would have been blocked, when, and for how long.
//
// It imports floors 0 to 2, and the tailer to open files. It never writes to a
// bus, a store or a blocklist: time is the lines', so the answer is the same on
// every day. Rules in rollout are taken for rolled out, and no breaker trips;
// what the guard knows of the last day's traffic, and of exemptions that people
// made, it does not know here.
package replay
