// Package intel fetches threat feeds and keeps them: lists by HTTP or from a
// file, collections of a TAXII 2.1 server, and MISP feeds with a manifest.
//
// Each feed has a folder with the last body that was whole and a page about it.
// Run begins with what lies there, without a network, and then keeps it fresh:
// at intervals with jitter, with conditional requests, with back-off. What
// takes a feed's place must be better than what was there: an answer that is
// broken or empty never does, and one that lost more than half of its
// indicators, or is about too many addresses, is held until a person accepts it.
//
// It imports [indicator], which reads the formats. It never decides what a
// match means, and never sends anything about requests anywhere.
package intel
