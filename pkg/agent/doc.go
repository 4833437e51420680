// Package agent is the enforcing side: it holds the decision set of its
// segments in memory and on disk, follows the service through a Link, and
// answers in well under a microsecond whether a client is refused. It goes on
// enforcing while the service is away, lets blocks end by its own clock, and
// refuses by itself, for a minute, whoever touched a decoy in the request path.
//
// It may import block, finding, ingest (for the Link's publisher), a metrics
// registry and the atomic writing of files. It never parses a request or a
// log, never talks to a gateway (that is enforce), and never extends a block.
package agent
