// Package ruletest looks at rules without running them in a service: it runs
// the tests that lie beside them through the parser of a log format, the
// program and the correlations, tells which of a rule's values no test has
// exercised, explains what a line came out as and why a rule matched it or did
// not, and lists what is wrong with rules or probably not meant.
//
// It imports the language and its neighbours, the parsers, and the YAML
// library for its own test files. It never writes a file, never talks to a
// service, and never reads a clock but to measure what rules cost.
package ruletest
