// Package indicator is threat intelligence as values: it reads indicators in
// the formats in which they are passed around (plain lists, CSV, STIX 2.1,
// MISP, crawler patterns) and finds what a request has in common with them.
//
// [Parse] reads one feed into a [List]: packed, with the bad entries counted
// and told by place. [Merge] makes of lists a [Set], which answers: addresses
// by a hash table and, for prefixes, a routing table; names, URLs, user agents
// and fingerprints by hash tables; patterns of user agents by a prefilter over
// groups of three bytes. A million addresses take about 60 MB, a look-up about
// a cache miss or two and no allocation.
//
// It imports the routing table and how mistakes are told. It never fetches,
// opens or keeps anything, and never reads a clock: time comes in, so that an
// indicator that is over, or not yet valid, never matches.
package indicator
