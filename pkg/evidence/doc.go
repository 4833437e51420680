// Package evidence adds up what was found about an actor: findings become
// log-odds that fade, capped for each family, of which one request gives one
// piece only; these become a risk with its explanation; and rules that an
// operator reads and changes make a tier of them. What analysts keep and
// discard moves how much a rule's findings weigh, within bounds.
//
// It imports finding, gonum and the standard library. It never tells anybody,
// blocks anybody, reads a clock, does I/O or starts a goroutine: time comes in
// as an argument, and the same calls give the same answers. Nothing in it is
// safe for concurrent use but a Scale and a Policy, which are immutable.
package evidence
