// Package baseline knows what is normal of one series: what to expect now,
// within which bounds, and how often something as far out as what was seen
// happens by chance.
//
// A Model reads a series point by point, looks at nothing that comes later,
// and keeps less than 4 kB: a level, the course of the day and of the week (or
// of a period that it finds), how the next point follows from the last, how
// large deviations usually are, and how often they were how large. Every
// verdict is a probability that was calibrated on the series itself. A Tail
// does the same for single events that have no course.
//
// It may import finding and gonum. It never reads a clock, does no I/O, starts
// no goroutine, and knows of no series but its own.
package baseline
