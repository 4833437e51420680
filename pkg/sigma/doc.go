// Package sigma is the Sigma language, specification 2.1, for log events:
// rules, correlations and filters, read from YAML and checked, every mistake
// with its place and a hint. What it gives is immutable.
//
// It imports finding, mistake and the YAML library. It never reads a file,
// and never looks at an event: match and correlate do.
package sigma
