// Package agent is the enforcing side: it holds the decision set of its
// segments in memory and on disk, follows the service through a Link, and
// decides in well under a microsecond what becomes of a request: blocks,
// exemptions, buckets of tokens. It goes on while the service is away, lets
// blocks end by its own clock, refuses by itself, for a minute, whoever touched
// a decoy in the request path, and tells gateways that hold blocks themselves
// what changes.
//
// It may import block, finding, decoy (for the form in which paths are
// compared), identify (for which api a request belongs to), ingest (for the
// Link's publisher), a metrics registry and the atomic writing of files. It
// never parses a request or a log, never talks to a gateway (that is enforce),
// and never extends a block.
package agent
