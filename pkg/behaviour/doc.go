// Package behaviour finds, in the stream of requests, actors who go about it
// as honest ones do not: who walk through objects of others, try names and
// passwords, use one token in two places at once, fetch all there is, take
// more data than anybody, go ways that nobody goes, or are programs where
// people are expected. Detectors lists them.
//
// An actor is whom a record names most closely (user, token or key, session,
// application, else the client address, IPv6 by its /64), and each is compared
// with its peers, and with its own past: what is ordinary is learned from the
// same stream, in bounded memory, and nothing is said before enough is known.
// A Suspicion says what was expected, what was seen, since when, and how often
// that happens by chance.
//
// The package imports event, finding, gonum, a hash and the standard library.
// It never decides what is done about an actor, reads no clock (time is that of
// the records), does no I/O, keeps no name of anybody longer than a batch lives
// (people are hashes under a seed) and starts no goroutine.
package behaviour
