// Package slow finds, in what a store has counted by actor and day, what no
// hour shows: objects walked through a few a day, passwords tried a few a day,
// data carried off over days, a token that is in two countries every day, an
// account that comes to life. Judge does that. It also tells who behaves like
// an actor: a Profile is what somebody's requests look like, and Similar ranks
// others by it.
//
// An actor is compared with those of its kind in the same days, and with its
// own days before: what is ordinary is never a constant where it can be
// measured. Nothing is said while there are too few to compare with. The
// probability in a suspicion is that of one look at one actor; Judge tells what
// is left when it has looked at all of them.
//
// The package imports behaviour, finding, gonum and the standard library. It
// asks no store, reads no clock and does no I/O: days come in, suspicions come
// out, and the same days give the same ones with the same ids.
package slow
